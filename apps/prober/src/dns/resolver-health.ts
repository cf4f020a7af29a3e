import type { Trouble } from './answer.js';

export interface HealthOptions {
  /** How long the result of a team's lookup counts as evidence. */
  windowMs: number;
  /** Minimum number of other teams that must be in the same trouble. */
  minOtherTeams: number;
}

export const HEALTH_DEFAULTS: HealthOptions = { windowMs: 5_000, minOtherTeams: 2 };

/** The latest lookup of one name; `trouble` is null if the resolver worked, whatever the answer was. */
interface Sighting {
  trouble: Trouble | null;
  atMs: number;
}

/**
 * Decides whether our resolver is in trouble, as opposed to a team's name servers. Two kinds of evidence count:
 *
 * - The **canary**, a name of the platform's own: if its latest lookup failed, the resolver is in trouble.
 * - The **other teams**: more than half of the other teams whose endpoints are names, and at least two of them, have
 *   the same kind of trouble with all their names at the same time. A name that is one of the failing team's own, or above
 *   or below one of them, is not evidence for that team.
 *
 * A canary that was configured decides alone. Without one, k colluding teams can produce the excuse only if
 * k - 1 of them are more than half of all other teams with names, and at least two: never one team, and never a pair.
 */
export class ResolverHealth {
  private readonly teams = new Map<string, Map<string, Sighting>>();
  private canaryTrouble: string | null = null;
  private hasCanary = false;

  constructor(
    private readonly nowMs: () => number,
    private readonly canaryDecides: boolean,
    private readonly options: HealthOptions = HEALTH_DEFAULTS,
  ) {}

  /** Records the canary's latest lookup. @param isWitness whether it was ever found: until then it does not count */
  canary(trouble: string | null, isWitness: boolean): void {
    this.canaryTrouble = trouble;
    this.hasCanary = isWitness;
  }

  /** How the canary is failing now; null while it is found. */
  get trouble(): string | null {
    return this.canaryTrouble;
  }

  /** Records the latest lookup of a team's name. */
  recordLookup(teamId: string, name: string, trouble: Trouble | null): void {
    const names = this.teams.get(teamId) ?? new Map<string, Sighting>();
    names.set(name, { trouble, atMs: this.nowMs() });
    this.teams.set(teamId, names);
  }

  /** Forgets a name that the team no longer uses. */
  forget(teamId: string, name: string): void {
    const names = this.teams.get(teamId);
    names?.delete(name);
    if (names?.size === 0) this.teams.delete(teamId);
  }

  /** Why a lookup of this team that has just failed this way is not the team's failure; null if it is. */
  excuse(teamId: string, trouble: Trouble): string | null {
    if (this.canaryTrouble !== null) return this.canaryTrouble;
    if (this.hasCanary && this.canaryDecides) return null;
    const own = [...(this.teams.get(teamId)?.keys() ?? [])];
    const since = this.nowMs() - this.options.windowMs;
    let witnesses = 0;
    let failing = 0;
    for (const [otherId, names] of this.teams) {
      if (otherId === teamId) continue;
      const recent = [...names].filter(([, { atMs }]) => atMs > since);
      if (recent.length === 0) continue;
      witnesses++;
      const foreign = recent.filter(([name]) => !own.some((each) => areRelated(each, name)));
      if (foreign.length > 0 && recent.every(([, one]) => one.trouble === trouble)) failing++;
    }
    if (failing < this.options.minOtherTeams || failing * 2 <= witnesses) return null;
    return `${trouble} for the names of ${failing} of ${witnesses} other teams at the same time`;
  }
}

/** Equal, or one below the other: `a.example` and `b.a.example`. */
function areRelated(one: string, other: string): boolean {
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}
