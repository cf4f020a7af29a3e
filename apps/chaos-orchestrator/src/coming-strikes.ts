import type { Scenario } from '#contracts';
import { LOOK_AHEAD, expectedMoney, plannedStrike, strikeOf, type PlannedStrike } from '#faults';
import type { FaultEntry } from '#scenario';

/**
 * The harm that a timeline still holds, in order, as far as anybody looks ahead.
 * @param gameMs now: what is overdue strikes from here on
 * @param done entries that are over and done with, or that are being planned
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
