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
 * For a number: those that were struck least so far, ties decided by a shuffle seeded by `seed` and the entry's id.
 * So every team has been struck n times before any is struck n + 2 times. The order of `teamIds` has no influence
 * on who is chosen; more than there are teams means all. Named teams that don't play are passed over.
 * @param history number of faults per team so far; absent means 0.
 */
export function resolveTargets(
  entry: Pick<FaultEntry, 'id' | 'teams'>,
  teamIds: readonly string[],
  seed: string,
  history: ReadonlyMap<string, number>,
): string[] {
  const { teams } = entry;
  if (teams === 'all') return [...teamIds];
  if (typeof teams !== 'number') return teamIds.filter((id) => teams.includes(id));
  const shuffled = randomStream(seed, `targets/${entry.id}`).shuffle([...teamIds].sort());
  const struck = (id: string): number => history.get(id) ?? 0;
  // The sort is stable: among equals the shuffled order stands.
  const chosen = new Set(shuffled.sort((a, b) => struck(a) - struck(b)).slice(0, teams));
  return teamIds.filter((id) => chosen.has(id));
}
