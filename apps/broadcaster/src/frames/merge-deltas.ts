import type { StandingRow, StandingsDelta, TickerEntry } from '#contracts';
import { MAX_TICKER_ENTRIES } from '../public-view/ticker.js';

/** One delta with the effect of consecutive deltas (at least one, oldest first). */
export function mergeDeltas(deltas: readonly StandingsDelta[]): StandingsDelta {
  const first = deltas[0];
  const last = deltas.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('mergeDeltas: there is no delta');
  const merged: StandingsDelta = { ...last, fromSeq: first.fromSeq };
  const rows = new Map<string, StandingRow>();
  const ticker = new Map<string, TickerEntry>();
  for (const delta of deltas) {
    for (const row of delta.rows) rows.set(row.team.id, row);
    if (delta.order) merged.order = delta.order;
    if (delta.game) merged.game = delta.game;
    if (delta.faults) merged.faults = delta.faults;
    for (const entry of [...(delta.ticker ?? [])].reverse()) {
      // Deleted first, so that an updated entry moves to the top.
      ticker.delete(entry.id);
      ticker.set(entry.id, entry);
    }
  }
  merged.rows = [...rows.values()];
  if (ticker.size > 0) merged.ticker = [...ticker.values()].reverse().slice(0, MAX_TICKER_ENTRIES);
  return merged;
}
