import type { Time } from '#kernel';
import type { LookupClient } from './answer.js';
import type { ResolverHealth } from './resolver-health.js';

/** How often the canary is looked up again while the resolver is in trouble. */
const RECHECK_MS = 1_000;

/** Looks up a name of the platform's own whenever a team's lookup casts doubt on the resolver. */
export class Canary {
  private checking: Promise<void> | null = null;
  private endedAtMs = -Infinity;
  /** A name that was never found may be a typo, so it says nothing about the resolver. */
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

  /** Resolves when a canary lookup that was in progress at or after `sinceMs` has ended. */
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
