import type { StandingRow, StandingsDelta, StandingsView, TickerEntry } from '#contracts';

/** How many ticker entries a view holds (`StandingsView.ticker`). */
export const MAX_TICKER_ENTRIES = 50;

/**
 * The view after a delta: a pure function.
 *
 * - `'gap'`: frames between the view and the delta are missing, or the delta is of another epoch. The caller should resume.
 * - the same object: the view already includes the delta.
 * - otherwise a new view. Rows that did not change keep their identity, so that screens can skip them.
 *
 * A delta that starts before the view's frame and ends after it is applied: rows, order, game and faults are absolute,
 * and ticker entries are identified by id.
 */
export function applyDelta(view: StandingsView, delta: StandingsDelta): StandingsView | 'gap' {
  if (delta.epoch !== view.epoch) return 'gap';
  if (delta.seq <= view.seq) return view;
  if (delta.fromSeq > view.seq) return 'gap';
  return {
    ...view,
    seq: delta.seq,
    serverAt: delta.serverAt,
    asOf: delta.asOf,
    standings: mergeRows(view.standings, delta.rows, delta.order),
    game: delta.game ?? view.game,
    faults: delta.faults ?? view.faults,
    ticker: delta.ticker?.length ? mergeTicker(view.ticker, delta.ticker) : view.ticker,
  };
}

/** Without an order, rows keep their places and unknown teams come last. With one, teams it doesn't name are gone. */
function mergeRows(rows: StandingRow[], changed: StandingRow[], order: string[] | undefined): StandingRow[] {
  if (changed.length === 0 && order === undefined) return rows;
  const byTeam = new Map(rows.map((row) => [row.team.id, row]));
  for (const row of changed) byTeam.set(row.team.id, row);
  if (order === undefined) return [...byTeam.values()];
  return order.flatMap((teamId) => byTeam.get(teamId) ?? []);
}

/** The delta names everything new since its `fromSeq`, so its entries are never older than the view's others. */
function mergeTicker(entries: TickerEntry[], added: TickerEntry[]): TickerEntry[] {
  const ids = new Set(added.map((entry) => entry.id));
  return [...added, ...entries.filter((entry) => !ids.has(entry.id))].slice(0, MAX_TICKER_ENTRIES);
}
