import type { DeniedOrigins } from './denied-origins.js';

export interface PlatformParts {
  /** The addresses of a name; null if the lookup failed. */
  lookUp(name: string): Promise<readonly string[] | null>;
  /** Every address of this machine. */
  localAddresses(): readonly string[];
  /** Monotonic. */
  nowMs(): number;
}

/** How long an address stays denied after its last answer: a load balancer's name resolves to a few of many addresses each time. */
const KEPT_FOR_MS = 600_000;

/** Keeps the addresses of the game's own names up to date. */
export class PlatformAddresses {
  /** When each address of a name was last seen. */
  private readonly seen = new Map<string, Map<string, number>>();

  constructor(
    private readonly own: DeniedOrigins,
    private readonly parts: PlatformParts,
  ) {}

  /**
   * Looks up all names once. A name whose lookup fails keeps its addresses.
   * @returns the names without any address, which are therefore protected by name only
   */
  async refresh(): Promise<string[]> {
    this.own.setLocalAddresses(this.parts.localAddresses());
    const names = this.own.names;
    const found = await Promise.all(names.map((name) => this.parts.lookUp(name)));
    const nowMs = this.parts.nowMs();
    const unknown: string[] = [];
    names.forEach((name, index) => {
      const seen = this.seen.get(name) ?? new Map<string, number>();
      this.seen.set(name, seen);
      const addresses = found[index];
      for (const address of addresses ?? []) seen.set(address, nowMs);
      // Addresses expire only when an answer arrives: during an outage of DNS, the game has not moved.
      if (addresses)
        for (const [address, seenAt] of seen) if (nowMs - seenAt > KEPT_FOR_MS) seen.delete(address);
      this.own.resolved(name, [...seen.keys()]);
      if (seen.size === 0) unknown.push(name);
    });
    return unknown;
  }
}
