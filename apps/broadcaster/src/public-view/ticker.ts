import type { TickerEntry } from '#contracts';

/** Maximum number of entries in a view (`StandingsView.ticker`). */
export const MAX_TICKER_ENTRIES = 50;

/**
 * News entries, newest first and bounded. Ids are permanent: adding the same entry again changes nothing, and adding another
 * event under the same id moves the entry to the top.
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

  /** The entries; the same array until one is added. Entries added since the last call are in order of time. */
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
