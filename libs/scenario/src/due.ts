import type { Scenario, ServiceState, TimelineEntry } from '#contracts';

/** A timeline entry whose time has come. */
export interface DueEntry {
  entry: TimelineEntry;
  /** Game time from which on it was to run: its `at`, or when its condition was fulfilled, `by` at the latest. */
  dueAtMs: number;
}

/** States in which a service answers its customers. */
const UP: ReadonlySet<ServiceState> = new Set<ServiceState>(['up', 'slow']);

/**
 * The share of teams that have every service up, in whole percent, rounded down. 0 for no team; a team that is not known
 * yet has nothing up. Pass the ranked teams: the others are no players.
 * @param servicesOf the statuses of a team, in any order; undefined: nothing is known of it
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
 * The entries that are to run at a game time and are not done, in the order of the timeline. An entry with a condition
 * is due when its `at` has come and enough teams are up, or when its `by` has come, whatever holds.
 * @param upPercent what `teamsUpPercent` gives now
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
 * Game time at which to look at the timeline again, though nothing else happens; null: never. While `waitsForTeams`,
 * any change of the teams' statuses is a reason to look, too.
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
