import type { Scenario } from '#contracts';
import { DEFAULT_CHAOS_LIMITS, type FaultEntry } from '#scenario';
import { expectedMoney, type Strike } from './expected-cost.js';
import type { ExpectedMoney } from './expected-money.js';
import { fairVictims, type PlannedStrike } from './fair-choice.js';
import { medianOf } from './tally.js';

/** Converts an entry to a strike at a game time, by default the entry's own. Caps its duration at the scenario's limit. */
export function strikeOf(scenario: Scenario, entry: FaultEntry, fromMs: number = entry.atMs): Strike {
  const { kind, params, serviceId, scoring } = entry;
  const { maxDurationMs } = scenario.chaos ?? DEFAULT_CHAOS_LIMITS;
  return { kind, params, serviceId, fromMs, ttlMs: Math.min(entry.ttlMs, maxDurationMs), scoring };
}

/** Returns the faults of a timeline in order, each with its expected cost to one team. */
export function pricedFaults(scenario: Scenario): { entry: FaultEntry; money: ExpectedMoney }[] {
  return scenario.timeline.flatMap((entry) =>
    entry.type === 'fault' ? [{ entry, money: expectedMoney(scenario, strikeOf(scenario, entry)) }] : [],
  );
}

/** Returns the cost of a typical fault of a timeline to one team, cents: the median of those with a cost; 0 if none has one. */
export function typicalCostCents(scenario: Scenario): number {
  const costs = pricedFaults(scenario).map(({ money }) => money.costCents);
  return medianOf(costs.filter((cents) => cents > 0));
}

/** @param pool teams that it could strike now */
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
 * Computes what each team is dealt if a timeline runs as written, cents: every entry on time, every team ranked, deployed and
 * reachable throughout, and no limit applied.
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
