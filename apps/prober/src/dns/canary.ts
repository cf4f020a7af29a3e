import type { Time } from '#kernel';
import type { LookupClient } from './answer.js';
import type { ResolverHealth } from './resolver-health.js';

/** While the resolver is in trouble it is asked so often whether it still is. */
const RECHECK_MS = 1_000;

/** Looks up a name of the platform's own, whenever a team's name makes one doubt the resolver. */
export class Canary {
  private checking: Promise<void> | null = null;
  private endedAtMs = -Infinity;
  /** A name that was never found may be a slip of the pen: it is no witness. */
  private wasFound = false;
  private stop = (): void => {};

  constructor(
    private readonly name: string,
    private readonly client: LookupClient,
    private readonly health: ResolverHealth,
    private readonly time: Time,
  ) {}

  get hasBeenFound(): boolean {
    return this.wasFound;
  }

  /** Resolves when a look-up of the canary has ended that was under way at or after `sinceMs`. */
  async confirm(sinceMs: number): Promise<void> {
    if (this.checking === null && this.endedAtMs < sinceMs) this.checking = this.check();
    await this.checking;
  }

  close(): void {
    this.stop();
  }

  private async check(): Promise<void> {
    this.stop();
    const answer = await this.client.lookup(this.name);
    this.wasFound ||= answer.kind === 'found';
    const isTrouble = answer.kind === 'trouble' && this.wasFound;
    this.health.canary(isTrouble ? `the resolver fails for ${answer.got}` : null, this.wasFound);
    this.endedAtMs = this.time.monotonicMs();
    this.checking = null;
    if (isTrouble)
      this.stop = this.time.after(RECHECK_MS, () => {
        this.checking ??= this.check();
      });
  }
}
