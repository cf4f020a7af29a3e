import type { Trouble } from './answer.js';

export interface HealthOptions {
  /** What teams' names showed counts for so long. */
  windowMs: number;
  /** At least so many other teams have to be in the same trouble. */
  minOtherTeams: number;
}

export const HEALTH_DEFAULTS: HealthOptions = { windowMs: 5_000, minOtherTeams: 2 };

/** What one name's latest look-up showed; `trouble` is null where the resolver did its work, whatever the answer. */
interface Sighting {
  trouble: Trouble | null;
  atMs: number;
}

/**
 * Whether the resolver that we ask is in trouble, as opposed to the name servers of a team. Two witnesses count:
 *
 * - The **canary**, a name of the platform's own: if its latest look-up failed, the resolver is in trouble.
 * - The **other teams**: more than half of the other teams whose endpoints are names, and at least two of them, are at the
 *   same time in the same kind of trouble with every name of theirs. A name that is one of the failing team's own, lies below one,
 *   or above one, is no witness for it.
 *
 * Where a canary was named on purpose it alone decides. Without one, k teams together can bring about the excuse only if
 * k - 1 of them are more than half of all others by name and at least two: never one team, and never a pair.
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

  /** The canary's latest look-up. @param isWitness whether it was ever found: until then it has no say */
  canary(trouble: string | null, isWitness: boolean): void {
    this.canaryTrouble = trouble;
    this.hasCanary = isWitness;
  }

  /** What the canary says now; null while it is found. */
  get trouble(): string | null {
    return this.canaryTrouble;
  }

  /** The latest look-up of a team's name. */
  recordLookup(teamId: string, name: string, trouble: Trouble | null): void {
    const names = this.teams.get(teamId) ?? new Map<string, Sighting>();
    names.set(name, { trouble, atMs: this.nowMs() });
    this.teams.set(teamId, names);
  }

  /** The team does not use the name any more. */
  forget(teamId: string, name: string): void {
    const names = this.teams.get(teamId);
    names?.delete(name);
    if (names?.size === 0) this.teams.delete(teamId);
  }

  /** Why a look-up of this team that failed so just now is not the team's failure; null if it is. */
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
