import type { Time } from '#kernel';
import type { Answer, LookupClient } from './answer.js';
import { Canary } from './canary.js';
import { LookupQueue } from './lookup-queue.js';
import { ResolverHealth } from './resolver-health.js';
import { TeamNames, type NamesOptions, type Surroundings } from './team-names.js';

/** Minimum time between extra lookups of other teams' names; each name is looked up at most once a second (`TeamNames`). */
const RECHECK_EVERY_MS = 500;

export interface NamesParts {
  time: Time;
  /** Creates a client; each is used for one lookup at a time. */
  makeClient(): LookupClient;
  /** A name of the platform's own that tells resolver trouble from a team's trouble; null: none. */
  canary: string | null;
  /** Whether the canary alone decides. Otherwise other teams' names count as well. */
  canaryDecides: boolean;
  options?: Partial<NamesOptions>;
}

/** Resolves the teams' names: one cache and one queue per team, and one shared judgement of the resolver's health. */
export class Names implements Surroundings {
  readonly time: Time;
  readonly health: ResolverHealth;
  private readonly teams = new Map<string, TeamNames>();
  private readonly canary: Canary | null;
  /** For names of the game's own. */
  private readonly own: LookupQueue;
  private recheckedAtMs = -Infinity;

  constructor(private readonly parts: NamesParts) {
    const { time, canary, canaryDecides, makeClient } = parts;
    this.time = time;
    this.health = new ResolverHealth(() => time.monotonicMs(), canaryDecides);
    this.canary = canary === null ? null : new Canary(canary, makeClient(), this.health, time);
    this.own = new LookupQueue(makeClient, { outstanding: 8, waiting: 1_024 });
  }

  /** The names of one team; the same object for the same team. */
  of(teamId: string): TeamNames {
    let names = this.teams.get(teamId);
    if (names === undefined) {
      names = new TeamNames(teamId, this, this.parts.makeClient, this.parts.options);
      this.teams.set(teamId, names);
    }
    return names;
  }

  /** How the canary is failing now; null while it is found, or if there is no canary. */
  get trouble(): string | null {
    return this.health.trouble;
  }

  /** Looks up a name of the game's own; it counts against no team. */
  lookUpOwn(name: string): Promise<Answer> {
    return this.own.lookup(name);
  }

  /** Looks up the canary for the first time. @returns false if it can't be found: it does not count yet */
  async checkCanary(): Promise<boolean> {
    await this.canary?.confirm(this.time.monotonicMs());
    return this.canary?.hasBeenFound ?? true;
  }

  /** For `TeamNames`: a lookup of this team is slow or has failed. Looks up the canary and the other teams' names for comparison. */
  suspect(teamId: string, sinceMs: number): void {
    void this.canary?.confirm(sinceMs);
    const nowMs = this.time.monotonicMs();
    if (nowMs - this.recheckedAtMs < RECHECK_EVERY_MS) return;
    this.recheckedAtMs = nowMs;
    for (const [otherId, names] of this.teams) if (otherId !== teamId) names.recheck();
  }

  /** For `TeamNames`: why a failed lookup is not the team's failure, or null. Waits for the canary's lookup. */
  async excuse(...[teamId, trouble, sinceMs]: Parameters<Surroundings['excuse']>): Promise<string | null> {
    await this.canary?.confirm(sinceMs);
    return this.health.excuse(teamId, trouble);
  }

  /** Stops background lookups. */
  close(): void {
    this.canary?.close();
    for (const names of this.teams.values()) names.close();
  }
}
