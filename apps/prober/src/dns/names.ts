import type { Time } from '#kernel';
import type { Answer, LookupClient } from './answer.js';
import { Canary } from './canary.js';
import { LookupQueue } from './lookup-queue.js';
import { ResolverHealth } from './resolver-health.js';
import { TeamNames, type NamesOptions, type Surroundings } from './team-names.js';

/** Other teams' names are looked up out of turn at most so often; each of them at most once a second (`TeamNames`). */
const RECHECK_EVERY_MS = 500;

export interface NamesParts {
  time: Time;
  /** One more client; each is used for one look-up at a time. */
  makeClient(): LookupClient;
  /** A name of the platform's own, to tell the resolver's trouble from a team's; null: none. */
  canary: string | null;
  /** Whether the canary alone tells. Otherwise other teams' names are asked as well. */
  canaryDecides: boolean;
  options?: Partial<NamesOptions>;
}

/** Where the teams' names lead: one memory and one queue per team, and one judgement of the resolver that all share. */
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

  /** Whether the canary fails now, and how; null while all is well or there is no canary. */
  get trouble(): string | null {
    return this.health.trouble;
  }

  /** Looks up a name of the game's own, not counted for anybody. */
  lookUpOwn(name: string): Promise<Answer> {
    return this.own.lookup(name);
  }

  /** Looks the canary up for the first time. @returns false if it can't be found, so that it has no say yet */
  async checkCanary(): Promise<boolean> {
    await this.canary?.confirm(this.time.monotonicMs());
    return this.canary?.hasBeenFound ?? true;
  }

  /** For `TeamNames`: a look-up of this team is slow or has failed. Has everybody's names looked up who could bear witness. */
  suspect(teamId: string, sinceMs: number): void {
    void this.canary?.confirm(sinceMs);
    const nowMs = this.time.monotonicMs();
    if (nowMs - this.recheckedAtMs < RECHECK_EVERY_MS) return;
    this.recheckedAtMs = nowMs;
    for (const [otherId, names] of this.teams) if (otherId !== teamId) names.recheck();
  }

  /** For `TeamNames`: why a look-up that failed is not the team's failure; waits for the canary's word. */
  async excuse(...[teamId, trouble, sinceMs]: Parameters<Surroundings['excuse']>): Promise<string | null> {
    await this.canary?.confirm(sinceMs);
    return this.health.excuse(teamId, trouble);
  }

  /** No name is looked up by itself any more. */
  close(): void {
    this.canary?.close();
    for (const names of this.teams.values()) names.close();
  }
}
