import type { StandingRow } from '#contracts';

/** Between two rearrangements of the board. Frames come ten times a second; eyes can't follow rows that often. */
export const STEADY_MS = 1_000;

export interface ShownOrder {
  /** Rows in the order in which they are shown. */
  standings: readonly StandingRow[];
  /** When rows last changed places, in the caller's monotonic ms. */
  movedAt: number;
}

/**
 * The rows to show. Places (order, rank, rank change) move at most every `STEADY_MS`, so that rows glide one after the
 * other instead of all at once. While places are held back, so are the salaries: no row may show a rank that contradicts
 * the amounts beside it. Pay and statuses are always the latest. Teams that come or go are shown at once.
 */
export function steadyOrder(
  shown: ShownOrder | null,
  latest: readonly StandingRow[],
  nowMs: number,
): ShownOrder {
  if (shown === null) return { standings: latest, movedAt: nowMs };
  if (samePlaces(shown.standings, latest)) return { standings: latest, movedAt: shown.movedAt };
  if (nowMs - shown.movedAt >= STEADY_MS || shown.standings.length !== latest.length) {
    return { standings: latest, movedAt: nowMs };
  }
  const byTeam = new Map(latest.map((row) => [row.team.id, row]));
  const held: StandingRow[] = [];
  for (const before of shown.standings) {
    const row = byTeam.get(before.team.id);
    if (row === undefined) return { standings: latest, movedAt: nowMs };
    held.push(hold(before, row));
  }
  return { standings: held, movedAt: shown.movedAt };
}

function hold(before: StandingRow, row: StandingRow): StandingRow {
  const { rank, rankChange, salaryCents } = before;
  const next = { ...row, rank, rankChange, salaryCents };
  // Keeps the object of a row that looks the same, so that it is not drawn again.
  const fields = Object.keys(next) as (keyof StandingRow)[];
  return fields.every((field) => next[field] === before[field]) ? before : next;
}

function samePlaces(a: readonly StandingRow[], b: readonly StandingRow[]): boolean {
  return (
    a.length === b.length && a.every(({ team, rank }, i) => team.id === b[i]!.team.id && rank === b[i]!.rank)
  );
}
