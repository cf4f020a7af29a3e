import type { Resolution } from '../dns/index.js';
import type { AddressGuard } from './address-guard.js';
import type { Target } from './target.js';

/** Name resolution for one team. */
export interface Names {
  /** Never rejects. */
  resolve(hostname: string): Promise<Resolution>;
  /** The cached answer, if there is a valid one. */
  peek(hostname: string): Resolution | undefined;
}

/** Finds the addresses of an endpoint. */
export interface AddressBook {
  /** At least one address, all of them allowed, or why there is none. Never rejects. */
  find(target: Target): Resolution | Promise<Resolution>;
}

/**
 * Resolves names and passes only allowed addresses on. The checked address is the one that is connected to: there is no second
 * lookup whose answer could differ.
 */
export class GuardedAddressBook implements AddressBook {
  constructor(
    private readonly guard: AddressGuard,
    private readonly names: Names,
    /** Called with every address that a connection may use. */
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
