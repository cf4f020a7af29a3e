import type { TickerEntry } from '#contracts';

/** How many entries a view holds (`StandingsView.ticker`). */
export const MAX_TICKER_ENTRIES = 50;

/**
 * What happened, newest first and bounded. An entry's id is known for good: putting the same entry again changes
 * nothing, putting another event under its id moves the entry to the top.
 */
export class Ticker {
  private shown: readonly TickerEntry[] = [];
  private pending: TickerEntry[] = [];
  private readonly known = new Map<string, string>();

  addEntry(entry: TickerEntry): void {
    const content = JSON.stringify(entry.event);
    if (this.known.get(entry.id) === content) return;
    this.known.set(entry.id, content);
    this.pending = this.pending.filter(({ id }) => id !== entry.id);
    this.pending.push(entry);
  }

  /** The entries; the same array as long as nothing was put. What was put since the last call is in order of time. */
  entries(): readonly TickerEntry[] {
    if (this.pending.length === 0) return this.shown;
    const added = this.pending.map((entry, nth) => ({ entry, nth }));
    added.sort((a, b) => b.entry.at - a.entry.at || b.nth - a.nth);
    const ids = new Set(this.pending.map(({ id }) => id));
    const kept = this.shown.filter(({ id }) => !ids.has(id));
    this.shown = [...added.map(({ entry }) => entry), ...kept].slice(0, MAX_TICKER_ENTRIES);
    this.pending = [];
    return this.shown;
  }
}
