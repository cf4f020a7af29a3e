import type { ChaosLimits, Scenario } from '#contracts';
import {
  expectedMoney,
  fairVictims,
  isTraffic,
  strikeOf,
  typicalCostCents,
  type PlannedStrike,
  type TeamTally,
} from '#faults';
import { resolveTargets, type FaultEntry } from '#scenario';
import { coolingUntil, freeSlots, seconds, slotsFreeAt, type ChaosNow } from '../faults/limits.js';

/** A timeline's fault after applying the limits. */
export interface EntryPlan {
  /** The teams that it strikes now; empty: none. */
  readonly teamIds: readonly string[];
  readonly ttlMs: number;
  /** What was cut and why, or why no team is struck; empty: nothing was cut. */
  readonly reasons: readonly string[];
  /** When to try again, epoch ms, if no team is struck now; null: a retry makes no sense. */
  readonly retryAt: number | null;
}

/** Everything that determines the victims of a timeline's fault. */
export interface EntrySituation {
  readonly scenario: Scenario;
  readonly seed: string;
  /** Game time, ms. */
  readonly gameMs: number;
  /** Teams that its driver reaches, in the order in which they joined. */
  readonly inReach: readonly string[];
  /** The subset that a fault for a number of teams may choose: ranked, with the service deployed. */
  readonly fit: readonly string[];
  /** What each team was dealt so far. */
  readonly tallies: ReadonlyMap<string, TeamTally>;
  /** The strikes of the timeline after this entry. */
  readonly coming: readonly PlannedStrike[];
  readonly limits: ChaosLimits;
  readonly now: ChaosNow;
}

/**
 * Applies the limits to a timeline's fault without being unfair: a fault for all teams, or for named ones, strikes all of them
 * at the same time or waits until the limits allow it. A fault for a number of teams strikes fewer; the spared teams have been
 * dealt less, so they come first the next time.
 */
export function planEntry(entry: FaultEntry, situation: EntrySituation): EntryPlan {
  const { inReach, seed, limits, now } = situation;
  const reasons: string[] = [];
  const { ttlMs } = strikeOf(situation.scenario, entry);
  if (ttlMs < entry.ttlMs)
    reasons.push(`cut to ${seconds(ttlMs)}: no fault may last longer (it says ${seconds(entry.ttlMs)})`);
  const none = (reason: string, retryAt: number | null): EntryPlan => ({
    teamIds: [],
    ttlMs,
    reasons: [...reasons, reason],
    retryAt,
  });
  const until = (teamId: string): number | null => coolingUntil(limits, now, teamId, entry.serviceId);
  const cooldown = `${entry.serviceId} is in its cooldown of ${seconds(limits.cooldownMs)}`;

  const { teams } = entry;
  if (typeof teams !== 'number') {
    const wanted = resolveTargets(entry, inReach, seed, new Map());
    if (wanted.length === 0) return none('no driver reaches any of its teams', null);
    const slotsAt = slotsFreeAt(limits, now, wanted.length);
    if (slotsAt === null)
      return none(`it needs ${wanted.length} faults at once, and at most ${limits.maxActive} may act`, null);
    const cooling = wanted.filter((id) => until(id) !== null);
    const retryAt = Math.max(slotsAt, ...cooling.map((id) => until(id)!));
    if (cooling.length > 0) return none(`${cooldown}: ${cooling.join(', ')}`, retryAt);
    if (slotsAt > now.nowMs || freeSlots(limits, now) < wanted.length)
      return none(`${now.unfinished.length} faults act, and at most ${limits.maxActive} may`, retryAt);
    return { teamIds: wanted, ttlMs, reasons, retryAt: null };
  }

  const { fit } = situation;
  if (inReach.length === 0) return none('no driver reaches any team', null);
  if (fit.length === 0)
    return none(`no ranked team that its driver reaches has ${entry.serviceId} deployed`, null);
  const { had, slack, choose } = measureOf(entry, situation);
  const wantedCount = Math.min(teams, fit.length);
  const cooling = fit.filter((id) => until(id) !== null);
  const eligible = fit.filter((id) => until(id) === null);
  // No team may get further ahead of a team in its cooldown than the next strike can balance out.
  const leastOfCooling = Math.min(...cooling.map(had));
  const fair = eligible.filter((id) => had(id) <= leastOfCooling + slack);
  const count = Math.min(wantedCount, fair.length, freeSlots(limits, now));
  if (count < wantedCount) {
    const isCooldown = fair.length < wantedCount;
    const reason = isCooldown
      ? `${cooldown}: ${cooling.join(', ')}`
      : `${now.unfinished.length} faults act, and at most ${limits.maxActive} may`;
    if (count === 0) {
      const slotsAt = slotsFreeAt(limits, now, 1);
      const retryAt =
        slotsAt === null ? null : Math.max(slotsAt, isCooldown ? earliest(cooling.map(until)) : 0);
      return none(reason, retryAt);
    }
    reasons.push(`${count} of ${wantedCount} teams: ${reason}`);
  }
  return { teamIds: choose(count, fair), ttlMs, reasons, retryAt: null };
}

interface Measure {
  /** How much a team has been dealt, in the unit of this entry. */
  had(teamId: string): number;
  /** How much more than a team in its cooldown another team may have been dealt and still be struck. */
  slack: number;
  choose(count: number, pool: readonly string[]): string[];
}

/** Harm is balanced in money over the whole timeline; spikes, and faults whose windows don't score, each among themselves. */
function measureOf(entry: FaultEntry, situation: EntrySituation): Measure {
  const { scenario, seed, gameMs, tallies, coming } = situation;
  const unit = unitOf(entry);
  const amounts = amountsOf(tallies, unit);
  const had = (id: string): number => amounts.get(id) ?? 0;
  if (unit !== 'harmCents')
    return {
      had,
      slack: 0,
      choose: (teams, pool) => resolveTargets({ id: entry.id, teams }, pool, seed, amounts),
    };
  const { costCents } = expectedMoney(scenario, strikeOf(scenario, entry, gameMs));
  const typicalCents = typicalCostCents(scenario);
  return {
    had,
    slack: Math.max(0, typicalCents - costCents),
    choose: (teams, pool) => {
      const now = { id: entry.id, teams, costCents, pool };
      return fairVictims({ now, coming, seed, dealt: amounts, typicalCents });
    },
  };
}

/** Returns the unit in which a fault is balanced: only faults with the same unit count for choosing victims. */
export function unitOf({
  kind,
  scoring,
}: Pick<FaultEntry, 'kind' | 'scoring'>): 'harmCents' | 'gainCents' | 'freeCount' {
  if (isTraffic(kind)) return 'gainCents';
  return scoring === 'pause' ? 'freeCount' : 'harmCents';
}

/** Returns how much each team has been dealt in one unit. */
export function amountsOf(
  tallies: ReadonlyMap<string, TeamTally>,
  unit: ReturnType<typeof unitOf>,
): Map<string, number> {
  return new Map([...tallies].map(([teamId, each]) => [teamId, each[unit]]));
}

function earliest(times: readonly (number | null)[]): number {
  return Math.min(...times.filter((at): at is number => at !== null));
}
