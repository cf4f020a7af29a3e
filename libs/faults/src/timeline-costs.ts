import type { Scenario } from '#contracts';
import { DEFAULT_CHAOS_LIMITS, type FaultEntry } from '#scenario';
import { expectedMoney, type Strike } from './expected-cost.js';
import type { ExpectedMoney } from './expected-money.js';
import { fairVictims, type PlannedStrike } from './fair-choice.js';
import { medianOf } from './tally.js';

/** An entry as a strike at a game time; by default at the time that the timeline says. Cut to the scenario's longest. */
export function strikeOf(scenario: Scenario, entry: FaultEntry, fromMs: number = entry.atMs): Strike {
  const { kind, params, serviceId, scoring } = entry;
  const { maxDurationMs } = scenario.chaos ?? DEFAULT_CHAOS_LIMITS;
  return { kind, params, serviceId, fromMs, ttlMs: Math.min(entry.ttlMs, maxDurationMs), scoring };
}

/** The faults of a timeline with what each is expected to cost a team, in order. */
export function pricedFaults(scenario: Scenario): { entry: FaultEntry; money: ExpectedMoney }[] {
  return scenario.timeline.flatMap((entry) =>
    entry.type === 'fault' ? [{ entry, money: expectedMoney(scenario, strikeOf(scenario, entry)) }] : [],
  );
}

/** What a typical fault of a timeline costs a team, cents: the median of those that cost anything; 0 if none does. */
export function typicalCostCents(scenario: Scenario): number {
  const costs = pricedFaults(scenario).map(({ money }) => money.costCents);
  return medianOf(costs.filter((cents) => cents > 0));
}

/** @param pool teams that it may strike, if it were dealt out now */
export function plannedStrike(
  { id, teams }: FaultEntry,
  costCents: number,
  pool: readonly string[],
): PlannedStrike {
  const named = teams === 'all' ? pool : teams;
  return {
    id,
    costCents,
    pool,
    teams: typeof named === 'number' ? named : pool.filter((teamId) => named.includes(teamId)),
  };
}

/**
 * What each team is dealt if a timeline runs as it is written, cents: every entry at its time, every team ranked, deployed
 * and reached throughout, and no limit in the way.
 */
export function dealtByTimeline(
  scenario: Scenario,
  teamIds: readonly string[],
  seed: string = scenario.seed,
): Map<string, number> {
  const strikes = pricedFaults(scenario).map(({ entry, money }) =>
    plannedStrike(entry, money.costCents, teamIds),
  );
  const typicalCents = typicalCostCents(scenario);
  const dealt = new Map(teamIds.map((id) => [id, 0]));
  strikes.forEach((now, index) => {
    const { teams } = now;
    const coming = strikes.slice(index + 1);
    const victims =
      typeof teams === 'number'
        ? fairVictims({ now: { ...now, teams }, coming, seed, dealt, typicalCents })
        : teams;
    for (const id of victims) dealt.set(id, dealt.get(id)! + now.costCents);
  });
  return dealt;
}
