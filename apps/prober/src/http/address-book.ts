import type { Resolution } from '../dns/index.js';
import type { AddressGuard } from './address-guard.js';
import type { Target } from './target.js';

/** One team's view of names. */
export interface Names {
  /** Never rejects. */
  resolve(hostname: string): Promise<Resolution>;
  /** What is known of the name at this moment. */
  peek(hostname: string): Resolution | undefined;
}

/** Knows where an endpoint is. */
export interface AddressBook {
  /** At least one address, all of them allowed; or why there is none. Never rejects. */
  find(target: Target): Resolution | Promise<Resolution>;
}

/**
 * Looks names up and lets allowed addresses through. What is checked is what is connected to: there is no second look-up that could
 * answer differently.
 */
export class GuardedAddressBook implements AddressBook {
  constructor(
    private readonly guard: AddressGuard,
    private readonly names: Names,
    /** Called with every place that a connection may go to. */
    private readonly onFound: (address: string, port: number) => void = () => {},
  ) {}

  find(target: Target): Resolution | Promise<Resolution> {
    const { host, isAddress } = target;
    if (isAddress)
      return this.allowed(target, { addresses: [{ address: host, family: host.includes(':') ? 6 : 4 }] });
    const known = this.names.peek(host);
    if (known !== undefined) return this.allowed(target, known);
    return this.names.resolve(host).then((found) => this.allowed(target, found));
  }

  private allowed({ host, port }: Target, found: Resolution): Resolution {
    if ('outcome' in found) return found;
    const problems = found.addresses.map(({ address }) => this.guard.problem(host, address, port));
    const addresses = found.addresses.filter((_, index) => problems[index] === null);
    for (const { address } of addresses) this.onFound(address, port);
    if (addresses.length > 0) return { addresses };
    return { outcome: 'connect_error', got: problems[0] ?? `${host} has no address` };
  }
}
