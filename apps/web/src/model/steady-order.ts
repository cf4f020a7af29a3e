import type { StandingRow } from '#contracts';
import { LARGE_MAX_TEAMS } from './layout.js';

/** Between two rearrangements of the board. Frames come ten times a second; eyes can't follow rows that often. */
export const STEADY_MS = 1_000;
/** On a board of two columns, where dozens of teams swap places with their neighbours all the time. */
export const CROWDED_STEADY_MS = 2_500;

export interface ShownOrder {
  /** Rows in the order in which they are shown. */
  standings: readonly StandingRow[];
  /** When rows last changed places, in the caller's monotonic ms. */
  movedAt: number;
}

/**
 * The rows to show: figures and lamps are always the latest; places (order, rank, rank change) move at most every `STEADY_MS` (`CROWDED_STEADY_MS`),
 * so that rows glide one after the other instead of swarming. Teams that come or go are shown at once.
 */
export function steadyOrder(
  shown: ShownOrder | null,
  latest: readonly StandingRow[],
  nowMs: number,
): ShownOrder {
  if (shown === null) return { standings: latest, movedAt: nowMs };
  if (samePlaces(shown.standings, latest)) return { standings: latest, movedAt: shown.movedAt };
  const steadyMs = latest.length > LARGE_MAX_TEAMS ? CROWDED_STEADY_MS : STEADY_MS;
  if (nowMs - shown.movedAt >= steadyMs || shown.standings.length !== latest.length) {
    return { standings: latest, movedAt: nowMs };
  }
  const byTeam = new Map(latest.map((row) => [row.team.id, row]));
  const held: StandingRow[] = [];
  for (const { team, rank, rankChange } of shown.standings) {
    const row = byTeam.get(team.id);
    if (row === undefined) return { standings: latest, movedAt: nowMs };
    held.push(row.rank === rank && row.rankChange === rankChange ? row : { ...row, rank, rankChange });
  }
  return { standings: held, movedAt: shown.movedAt };
}

function samePlaces(a: readonly StandingRow[], b: readonly StandingRow[]): boolean {
  return (
    a.length === b.length && a.every(({ team, rank }, i) => team.id === b[i]!.team.id && rank === b[i]!.rank)
  );
}
