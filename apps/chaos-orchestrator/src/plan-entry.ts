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
import { coolingUntil, freeSlots, seconds, slotsFreeAt, type ChaosNow } from './limits.js';

/** What the limits leave of a timeline's fault. */
export interface EntryPlan {
  /** Whom it strikes now; empty: nobody. */
  readonly teamIds: readonly string[];
  readonly ttlMs: number;
  /** What was cut and why, or why nobody is struck; empty: nothing was cut. */
  readonly reasons: readonly string[];
  /** When to try again, epoch ms; null where trying again makes no sense. Only where nobody is struck now. */
  readonly retryAt: number | null;
}

/** Everything that decides whom a timeline's fault strikes. */
export interface EntrySituation {
  readonly scenario: Scenario;
  readonly seed: string;
  /** Game time, ms. */
  readonly gameMs: number;
  /** Teams that its driver reaches, in the order in which they joined. */
  readonly inReach: readonly string[];
  /** Those of them that a fault for a number of teams may choose: ranked, with the service deployed. */
  readonly fit: readonly string[];
  /** What was dealt so far. */
  readonly tallies: ReadonlyMap<string, TeamTally>;
  /** What the timeline holds after this entry. */
  readonly coming: readonly PlannedStrike[];
  readonly limits: ChaosLimits;
  readonly now: ChaosNow;
}

/**
 * Fits a timeline's fault into the limits without being unfair: a fault for all teams (or for those that it names) strikes
 * all of them at the same time or, if the limits don't let it, waits; a fault for a number of teams strikes fewer, and those
 * that were spared were dealt less, and so are the first the next time.
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
  const inPeace = `${entry.serviceId} is to be left in peace for ${seconds(limits.cooldownMs)} after a fault`;

  const { teams } = entry;
  if (typeof teams !== 'number') {
    const wanted = resolveTargets(entry, inReach, seed, new Map());
    if (wanted.length === 0) return none('no driver reaches any of its teams', null);
    const slotsAt = slotsFreeAt(limits, now, wanted.length);
    if (slotsAt === null)
      return none(`it needs ${wanted.length} faults at once, and at most ${limits.maxActive} may act`, null);
    const cooling = wanted.filter((id) => until(id) !== null);
    const retryAt = Math.max(slotsAt, ...cooling.map((id) => until(id)!));
    if (cooling.length > 0) return none(`${inPeace}: ${cooling.join(', ')}`, retryAt);
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
  // Nobody gets further ahead of a team that can't be struck just now than can be made up for the next time.
  const leastOfCooling = Math.min(...cooling.map(had));
  const fair = eligible.filter((id) => had(id) <= leastOfCooling + slack);
  const count = Math.min(wantedCount, fair.length, freeSlots(limits, now));
  if (count < wantedCount) {
    const isCooldown = fair.length < wantedCount;
    const reason = isCooldown
      ? `${inPeace}: ${cooling.join(', ')}`
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
  /** What a team has had of what this entry deals. */
  had(teamId: string): number;
  /** How much more than a team that can't be struck just now another may have had, to be struck all the same. */
  slack: number;
  choose(count: number, pool: readonly string[]): string[];
}

/** Harm is dealt out in money, over the whole timeline; spikes, and faults whose windows don't score, each among themselves. */
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

/** What a fault is dealt out in: only its like counts when it is decided who is next. */
export function unitOf({
  kind,
  scoring,
}: Pick<FaultEntry, 'kind' | 'scoring'>): 'harmCents' | 'gainCents' | 'freeCount' {
  if (isTraffic(kind)) return 'gainCents';
  return scoring === 'pause' ? 'freeCount' : 'harmCents';
}

/** What each team has had in one unit. */
export function amountsOf(
  tallies: ReadonlyMap<string, TeamTally>,
  unit: ReturnType<typeof unitOf>,
): Map<string, number> {
  return new Map([...tallies].map(([teamId, each]) => [teamId, each[unit]]));
}

function earliest(times: readonly (number | null)[]): number {
  return Math.min(...times.filter((at): at is number => at !== null));
}
