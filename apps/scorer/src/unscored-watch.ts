import { UNSCORED_WARNING_PERCENT } from '#contracts';

/** The span over which the share is computed, and the minimum time between two warnings. */
export const WATCH_SPAN_MS = 60_000;
const SLICE_MS = 1_000;

export interface UnscoredWarning {
  /** Results of the last minute, scored or not. */
  results: number;
  unscored: number;
  /** Rounded to hundredths. */
  percent: number;
}

/**
 * Tracks the share of the last minute's results that is not scored because of trouble on the prober's side: for the gauge, and
 * for a warning above the limit. Pure: the caller passes the time, in ms of any monotonic clock.
 */
export class UnscoredWatch {
  /** By second, oldest first. */
  private slices: { at: number; results: number; unscored: number }[] = [];
  private results = 0;
  private unscored = 0;
  private toldAt = -Infinity;

  add(scored: number, unscored: number, nowMs: number): void {
    this.forget(nowMs);
    const at = Math.floor(nowMs / SLICE_MS);
    let slice = this.slices.at(-1);
    if (slice?.at !== at) this.slices.push((slice = { at, results: 0, unscored: 0 }));
    slice.results += scored + unscored;
    slice.unscored += unscored;
    this.results += scored + unscored;
    this.unscored += unscored;
  }

  /** From 0 to 1; 0 if there were no results. */
  share(nowMs: number): number {
    this.forget(nowMs);
    return this.results === 0 ? 0 : this.unscored / this.results;
  }

  /** The warning that is due now; null if there is none, or if the last one is less than a minute old. */
  warning(nowMs: number): UnscoredWarning | null {
    if (this.share(nowMs) * 100 <= UNSCORED_WARNING_PERCENT || nowMs - this.toldAt < WATCH_SPAN_MS)
      return null;
    this.toldAt = nowMs;
    const { results, unscored } = this;
    return { results, unscored, percent: Math.round((unscored * 10_000) / results) / 100 };
  }

  private forget(nowMs: number): void {
    const before = Math.floor((nowMs - WATCH_SPAN_MS) / SLICE_MS);
    while (this.slices.length > 0 && this.slices[0]!.at <= before) {
      const { results, unscored } = this.slices.shift()!;
      this.results -= results;
      this.unscored -= unscored;
    }
  }
}
