import type { DeniedOrigins } from './denied-origins.js';

export interface PlatformParts {
  /** Addresses of a name; null if it could not be looked up now. */
  lookUp(name: string): Promise<readonly string[] | null>;
  /** Every address of this machine. */
  localAddresses(): readonly string[];
  /** Monotonic. */
  nowMs(): number;
}

/** A balancer's name gives a few of many addresses each time: what it once gave stays denied for so long. */
const KEPT_FOR_MS = 600_000;

/** Keeps the addresses up to date that the game's own names have. */
export class PlatformAddresses {
  /** When each address of a name was last seen. */
  private readonly seen = new Map<string, Map<string, number>>();

  constructor(
    private readonly own: DeniedOrigins,
    private readonly parts: PlatformParts,
  ) {}

  /**
   * Looks up all names once. A name that can't be looked up keeps the addresses that it had.
   * @returns the names that have no address at all, and so are protected by name only
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
      // Only an answer ages what was seen: while nobody answers, the game is where it was.
      if (addresses)
        for (const [address, seenAt] of seen) if (nowMs - seenAt > KEPT_FOR_MS) seen.delete(address);
      this.own.resolved(name, [...seen.keys()]);
      if (seen.size === 0) unknown.push(name);
    });
    return unknown;
  }
}
