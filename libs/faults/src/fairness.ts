import type { FaultInfo, FaultState } from '#contracts';

/** One fault from its beginning to its end, as its `fault.changed` events tell it. All times are epoch ms. */
export interface FaultCourse {
  readonly info: Readonly<FaultInfo>;
  /** When it began to fire; null: it never did. */
  readonly firedAt: number | null;
  /** When it was seen to act; null: it never was. */
  readonly confirmedAt: number | null;
  /** When undoing it began. */
  readonly revertingAt: number | null;
  /** When it was verified gone; null: that is not so yet. */
  readonly goneAt: number | null;
  /** Whether it ever had to be called stuck, though it may have been mended since. */
  readonly wasStuck: boolean;
}

/** How much chaos a team (or all teams together) had of one kind, or in all. */
export interface ChaosAmount {
  /** Faults that struck: seen to act, or possibly acting now. */
  count: number;
  /** What they were meant to last: their times to live, together. The same for quick and for slow teams. */
  dealtMs: number;
  /** What they really lasted, from firing to verified gone or to now: a team that repairs one shortens it. */
  actedMs: number;
}

export interface TeamChaos extends ChaosAmount {
  teamId: string;
  /** By kind of fault, in order of its name; kinds that the team never had are left out. */
  byKind: Record<string, ChaosAmount>;
}

export interface ChaosReport {
  /** In the order in which they were asked for. */
  teams: TeamChaos[];
  /** Most minus least of any team; 0 for no team. */
  spread: ChaosAmount;
}

const MAY_ACT_UNCONFIRMED: ReadonlySet<FaultState> = new Set<FaultState>(['firing', 'stuck']);

/** Follows the faults of one game by their events. Repetitions, and events of a state passed already, change nothing. */
export class FaultHistory {
  private readonly byId = new Map<string, FaultCourse>();

  /** @param at when the state was entered: the time of the event, epoch ms */
  observe(info: FaultInfo, at: number): void {
    const before = this.byId.get(info.id);
    if (before !== undefined && PLACE[info.state] < PLACE[before.info.state]) return;
    const { firedAt = null, confirmedAt = null, revertingAt = null, goneAt = null } = before ?? {};
    const { state } = info;
    this.byId.set(info.id, {
      info,
      firedAt: firedAt ?? (state === 'firing' || state === 'active' ? info.startedAt : null),
      confirmedAt: confirmedAt ?? (state === 'active' ? at : null),
      revertingAt: revertingAt ?? (state === 'reverting' ? at : null),
      goneAt: goneAt ?? (state === 'reverted' ? at : null),
      wasStuck: state === 'stuck' || before?.wasStuck === true,
    });
  }

  /** In the order in which they were first heard of. */
  courses(): FaultCourse[] {
    return [...this.byId.values()];
  }
}

/** States never go back to an earlier one. */
const PLACE: Record<FaultState, number> = {
  armed: 0,
  firing: 1,
  active: 2,
  reverting: 3,
  stuck: 4,
  reverted: 5,
};

/** Whether the fault struck its team: it was seen to act, or nobody can rule out that it does. */
export function hasStruck({ info, confirmedAt }: FaultCourse): boolean {
  return confirmedAt !== null || MAY_ACT_UNCONFIRMED.has(info.state);
}

/**
 * How much chaos each team had, and how far they are apart. Faults of teams that are not asked for are left out.
 * @param nowMs faults that are not gone are counted up to here, epoch ms
 */
export function chaosReport(
  courses: Iterable<FaultCourse>,
  teamIds: readonly string[],
  nowMs: number,
): ChaosReport {
  const teams = new Map<string, TeamChaos>();
  for (const teamId of teamIds) teams.set(teamId, { teamId, ...NOTHING, byKind: {} });
  for (const course of courses) {
    const team = teams.get(course.info.teamId);
    if (team === undefined || !hasStruck(course)) continue;
    const { kind, startedAt, expiresAt } = course.info;
    const amount = {
      count: 1,
      dealtMs: expiresAt - startedAt,
      actedMs: Math.max(0, (course.goneAt ?? nowMs) - startedAt),
    };
    Object.assign(team, sum(team, amount));
    team.byKind[kind] = sum(team.byKind[kind] ?? NOTHING, amount);
  }
  for (const team of teams.values())
    team.byKind = Object.fromEntries(Object.entries(team.byKind).sort(([a], [b]) => (a < b ? -1 : 1)));
  const rows = [...teams.values()];
  return { teams: rows, spread: spreadOf(rows) };
}

const NOTHING: ChaosAmount = { count: 0, dealtMs: 0, actedMs: 0 };

function sum(a: ChaosAmount, b: ChaosAmount): ChaosAmount {
  return { count: a.count + b.count, dealtMs: a.dealtMs + b.dealtMs, actedMs: a.actedMs + b.actedMs };
}

function spreadOf(rows: readonly ChaosAmount[]): ChaosAmount {
  const of = (key: keyof ChaosAmount): number => {
    const values = rows.map((row) => row[key]);
    return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
  };
  return { count: of('count'), dealtMs: of('dealtMs'), actedMs: of('actedMs') };
}
