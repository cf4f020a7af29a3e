import type { Scenario, ServiceState, TimelineEntry } from '#contracts';

/** A timeline entry whose time has come. */
export interface DueEntry {
  entry: TimelineEntry;
  /** Game time at which it became due: its `at`, or when its condition was met, `by` at the latest. */
  dueAtMs: number;
}

/** States in which a service answers its customers. */
const UP: ReadonlySet<ServiceState> = new Set<ServiceState>(['up', 'slow']);

/**
 * The share of teams that have every service up, in whole percent, rounded down. 0 without teams; a team with no known
 * statuses counts as down. Pass the ranked teams only: the others do not compete.
 * @param servicesOf the statuses of a team, in any order; undefined if none are known
 */
export function teamsUpPercent(
  teamIds: readonly string[],
  servicesOf: (teamId: string) => readonly { state: ServiceState }[] | undefined,
): number {
  if (teamIds.length === 0) return 0;
  const up = teamIds.filter((teamId) => {
    const services = servicesOf(teamId) ?? [];
    return services.length > 0 && services.every(({ state }) => UP.has(state));
  });
  return Math.floor((up.length * 100) / teamIds.length);
}

/**
 * The entries that are due at a game time and not done, in timeline order. An entry with a condition is due from its
 * `at` on once enough teams are up, and at its `by` in any case.
 * @param upPercent the current result of `teamsUpPercent`
 */
export function dueEntries(
  scenario: Pick<Scenario, 'timeline'>,
  done: ReadonlySet<string>,
  gameMs: number,
  upPercent: number,
): DueEntry[] {
  return scenario.timeline.flatMap((entry): DueEntry[] => {
    if (entry.atMs > gameMs || done.has(entry.id)) return [];
    const { when } = entry;
    if (when === undefined) return [{ entry, dueAtMs: entry.atMs }];
    if (when.byMs !== null && gameMs >= when.byMs) return [{ entry, dueAtMs: when.byMs }];
    return upPercent >= when.teamsUpPercent ? [{ entry, dueAtMs: gameMs }] : [];
  });
}

/**
 * Game time at which to check the timeline again if nothing else happens; null means never. While `waitsForTeams`,
 * check it after every change of the teams' statuses as well.
 */
export function nextEntryAt(
  scenario: Pick<Scenario, 'timeline'>,
  done: ReadonlySet<string>,
  gameMs: number,
): { atMs: number | null; waitsForTeams: boolean } {
  let atMs: number | null = null;
  let waitsForTeams = false;
  for (const { id, atMs: from, when } of scenario.timeline) {
    if (done.has(id)) continue;
    if (from <= gameMs && when !== undefined) waitsForTeams = true;
    const next = from > gameMs ? from : (when?.byMs ?? null);
    if (next !== null && next > gameMs) atMs = Math.min(atMs ?? next, next);
  }
  return { atMs, waitsForTeams };
}
