/**
 * How the board uses its space. `large`: one column of tall rows beside graph and ticker. `compact`: two columns.
 * `paged`: the top ten pinned, the others on rotating pages. `stacked`: one scrolling column, for phones.
 */
export type LayoutMode = 'large' | 'compact' | 'paged' | 'stacked';

export interface BoardLayout {
  mode: LayoutMode;
  /** How many rows fit into a column; it determines the height of a row. */
  rowsPerColumn: number;
  /** Index ranges of the standings, end exclusive: one per column, or (paged) the pinned rows and then each page. */
  slices: [number, number][];
}

export const LARGE_MAX_TEAMS = 12;
export const COMPACT_MAX_TEAMS = 60;
export const PINNED_TEAMS = 10;
export const ROWS_PER_PAGE = 20;
/** Large rows never grow taller than this many would be. */
const LARGE_MIN_ROWS = 8;

export function layoutFor(teams: number, stacked: boolean): BoardLayout {
  if (stacked) return { mode: 'stacked', rowsPerColumn: teams, slices: [[0, teams]] };
  if (teams <= LARGE_MAX_TEAMS) {
    return { mode: 'large', rowsPerColumn: Math.max(LARGE_MIN_ROWS, teams), slices: [[0, teams]] };
  }
  if (teams <= COMPACT_MAX_TEAMS) {
    const half = Math.ceil(teams / 2);
    return { mode: 'compact', rowsPerColumn: half, slices: [[0, half], [half, teams]] }; // prettier-ignore
  }
  // Pages are of equal size, so that the last one is not nearly empty.
  const others = teams - PINNED_TEAMS;
  const pages = Math.ceil(others / ROWS_PER_PAGE);
  const size = Math.ceil(others / pages);
  const slices: [number, number][] = [[0, PINNED_TEAMS]];
  for (let from = PINNED_TEAMS; from < teams; from += size) slices.push([from, Math.min(teams, from + size)]);
  return { mode: 'paged', rowsPerColumn: size, slices };
}
