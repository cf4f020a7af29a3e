import type { Scenario, TimelineEntry } from '#contracts';
import { randomStream } from '#kernel';

export type FaultEntry = Extract<TimelineEntry, { type: 'fault' }>;

/** The entries due in [fromGameMs, toGameMs), in order. */
export function timelineBetween(scenario: Scenario, fromGameMs: number, toGameMs: number): TimelineEntry[] {
  return scenario.timeline.filter(({ atMs }) => atMs >= fromGameMs && atMs < toGameMs);
}

/**
 * The teams that a fault strikes, in the order of `teamIds`.
 *
 * For a number: the teams struck least so far, with ties decided by `drawOrder`. The order of `teamIds` does not affect
 * the choice; a number above the team count means all. Listed teams that are not in the game are ignored.
 * @param had how much each team has been struck so far, in any unit; absent means 0.
 */
export function resolveTargets(
  entry: Pick<FaultEntry, 'id' | 'teams'>,
  teamIds: readonly string[],
  seed: string,
  had: ReadonlyMap<string, number>,
): string[] {
  const { teams } = entry;
  if (teams === 'all') return [...teamIds];
  if (typeof teams !== 'number') return teamIds.filter((id) => teams.includes(id));
  const of = (id: string): number => had.get(id) ?? 0;
  // The sort is stable, so ties keep the drawn order.
  const order = drawOrder(entry.id, teamIds, seed).sort((a, b) => of(a) - of(b));
  const chosen = new Set(order.slice(0, teams));
  return teamIds.filter((id) => chosen.has(id));
}

/** The order in which an entry picks among tied teams: a shuffle determined by the seed and the entry's id. */
export function drawOrder(entryId: string, teamIds: readonly string[], seed: string): string[] {
  return randomStream(seed, `targets/${entryId}`).shuffle([...teamIds].sort());
}
