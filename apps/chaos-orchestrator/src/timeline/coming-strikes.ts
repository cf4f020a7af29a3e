import type { Scenario } from '#contracts';
import { LOOK_AHEAD, expectedMoney, plannedStrike, strikeOf, type PlannedStrike } from '#faults';
import type { FaultEntry } from '#scenario';

/**
 * Returns the harmful strikes that a timeline still holds, in order, up to the look-ahead limit.
 * @param gameMs now: overdue entries count from here on
 * @param done entries that are done or being planned
 * @param poolOf the teams that an entry may strike
 */
export function comingStrikes(
  scenario: Scenario,
  gameMs: number,
  done: ReadonlySet<string>,
  poolOf: (entry: FaultEntry) => readonly string[],
): PlannedStrike[] {
  const out: PlannedStrike[] = [];
  for (const entry of scenario.timeline) {
    if (out.length === LOOK_AHEAD) break;
    if (entry.type !== 'fault' || done.has(entry.id)) continue;
    const fromMs = Math.max(gameMs, entry.atMs);
    const { costCents } = expectedMoney(scenario, strikeOf(scenario, entry, fromMs));
    if (costCents === 0) continue;
    const pool = poolOf(entry);
    if (pool.length > 0) out.push(plannedStrike(entry, costCents, pool));
  }
  return out;
}
