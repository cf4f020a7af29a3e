import { AllowedRange, addressKind, callProblem } from '#runtime';
import { DeniedOrigins } from '../network/denied-origins.js';

/** Which addresses a prober may call. Endpoints are untrusted input from teams. */
export interface AddressPolicy {
  /** What may be called besides global unicast: loopback and private addresses, by explicit ranges. */
  allow: readonly AllowedRange[];
  /** Origins of the game itself, e.g. `http://127.0.0.1:3000` or `postgres://db:5432`: never called, under whatever name. */
  deniedOrigins: readonly string[];
  /** Every address of this machine: a denied origin on this machine is denied under all of them. */
  localAddresses?: readonly string[];
}

/** Decides on every connection that is made for a team. docs/security.md lists its rules. */
export class AddressGuard {
  private allow: readonly AllowedRange[];
  /** The game's own origins, kept up to date with the addresses that their names resolve to. */
  readonly own: DeniedOrigins;

  /** @throws TypeError if a denied origin is not a URL. */
  constructor({ allow, deniedOrigins, localAddresses = [] }: AddressPolicy) {
    this.allow = allow;
    this.own = new DeniedOrigins(deniedOrigins, localAddresses);
  }

  /** Replaces the allow-list. Existing connections stay open. */
  setAllowed(allow: readonly AllowedRange[]): void {
    this.allow = allow;
  }

  /**
   * Why a connection to this resolved address is not allowed; null if it is.
   * @param hostname the name that was resolved, or the address itself
   */
  problem(hostname: string, address: string, port: number): string | null {
    const kind = addressKind(address);
    const isOwn =
      this.own.includesName(hostname, port) ||
      (kind !== null && this.own.includes(kind.address, port)) ||
      (kind?.inner !== undefined && this.own.includes(kind.inner.address, port));
    if (isOwn) return `address not allowed: ${kind?.address ?? address}:${port} belongs to the game itself`;
    return callProblem(address, port, this.allow);
  }
}
