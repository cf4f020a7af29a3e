import type { ChaosAmount, ChaosReport, FaultInfo, FaultState, SpikeAmount, TeamChaos } from '#contracts';
import { isTraffic } from './expected-effect.js';
import { medianOf, tally, type TeamStanding } from './tally.js';

/** One fault from start to end, as reported by its `fault.changed` events. All times are epoch ms. */
export interface FaultCourse {
  readonly info: Readonly<FaultInfo>;
  /** When it started to fire; null: it never did. */
  readonly firedAt: number | null;
  /** When it was confirmed active; null: never. */
  readonly confirmedAt: number | null;
  /** When reverting started. */
  readonly revertingAt: number | null;
  /** When it was verified gone; null: not yet. */
  readonly goneAt: number | null;
  /** Whether it was ever stuck, even if it has been reverted since. */
  readonly wasStuck: boolean;
}

export type { ChaosAmount, ChaosReport, SpikeAmount, TeamChaos };

const MAY_ACT_UNCONFIRMED: ReadonlySet<FaultState> = new Set<FaultState>(['firing', 'stuck']);

/** Follows the faults of one game through their events. Repeated and outdated events change nothing. */
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

  /** In the order of their first event. */
  courses(): FaultCourse[] {
    return [...this.byId.values()];
  }
}

/** Rank of each state: a fault never returns to a lower one. */
const PLACE: Record<FaultState, number> = {
  armed: 0,
  firing: 1,
  active: 2,
  reverting: 3,
  stuck: 4,
  reverted: 5,
};

/** Whether the fault struck its team: it was confirmed active, or may be acting now. */
export function hasStruck({ info, confirmedAt }: FaultCourse): boolean {
  return confirmedAt !== null || MAY_ACT_UNCONFIRMED.has(info.state);
}

/**
 * Reports how much chaos each team had, and the spread between teams. Ignores faults of teams that are not listed. The result
 * does not depend on the order of `courses`.
 * @param nowMs end of the interval for faults that are not gone, epoch ms
 */
export function chaosReport(
  courses: Iterable<FaultCourse>,
  teams: readonly TeamStanding[],
  nowMs: number,
): ChaosReport {
  const struck = [...courses].filter(hasStruck);
  const money = tally(struck, teams);
  const rows = new Map<string, TeamChaos>();
  for (const { teamId, inPlay } of teams) {
    const { creditCents } = money.get(teamId)!;
    const spikes = { count: 0, dealtMs: 0, gainCents: 0 };
    rows.set(teamId, { teamId, inPlay, ...NOTHING, creditCents, byKind: {}, spikes });
  }
  for (const course of struck) {
    const team = rows.get(course.info.teamId);
    if (team === undefined) continue;
    const { kind, startedAt, expiresAt, expectedCostCents = 0, expectedGainCents = 0 } = course.info;
    const dealtMs = expiresAt - startedAt;
    if (isTraffic(kind)) {
      const { spikes } = team;
      spikes.count++;
      spikes.dealtMs += dealtMs;
      spikes.gainCents += expectedGainCents;
      continue;
    }
    const actedMs = Math.max(0, (course.goneAt ?? nowMs) - startedAt);
    const amount = { count: 1, dealtMs, actedMs, dealtCents: expectedCostCents };
    Object.assign(team, sum(team, amount));
    team.byKind[kind] = sum(team.byKind[kind] ?? NOTHING, amount);
  }
  for (const team of rows.values())
    team.byKind = Object.fromEntries(Object.entries(team.byKind).sort(([a], [b]) => (a < b ? -1 : 1)));
  const costs = struck.map(({ info }) => info.expectedCostCents ?? 0).filter((cents) => cents > 0);
  return {
    teams: [...rows.values()],
    dealtCents: [...rows.values()].reduce((all, team) => all + team.dealtCents, 0),
    spread: spreadOf([...rows.values()].filter(({ inPlay }) => inPlay)),
    typicalCents: medianOf(costs),
  };
}

const NOTHING: ChaosAmount = { count: 0, dealtMs: 0, actedMs: 0, dealtCents: 0 };

function sum(a: ChaosAmount, b: ChaosAmount): ChaosAmount {
  return {
    count: a.count + b.count,
    dealtMs: a.dealtMs + b.dealtMs,
    actedMs: a.actedMs + b.actedMs,
    dealtCents: a.dealtCents + b.dealtCents,
  };
}

function spreadOf(rows: readonly TeamChaos[]): ChaosAmount {
  const of = (measure: (row: TeamChaos) => number): number => {
    const values = rows.map(measure);
    return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
  };
  return {
    count: of(({ count }) => count),
    dealtMs: of(({ dealtMs }) => dealtMs),
    actedMs: of(({ actedMs }) => actedMs),
    dealtCents: of(({ dealtCents, creditCents }) => dealtCents + creditCents),
  };
}
