/** How long figures take to count to a new value. */
export const COUNT_MS = 400;

/** A figure on its way from one value to another. */
export interface Counted {
  from: number;
  to: number;
  /** The value shown now. */
  shown: number;
}

/**
 * Figures that count to their new values together: whenever one gets a new value, the others restart from where they are.
 * Each figure has then covered the same share of its way, so a board that is in order before and after stays in order in
 * between; with separate times, a team would appear to overtake another that it doesn't.
 */
export class Counting<K> {
  private readonly figures = new Map<K, Counted>();
  private startedAt = -Infinity;

  get size(): number {
    return this.figures.size;
  }

  set(key: K, shown: number, to: number, nowMs: number): void {
    if (nowMs > this.startedAt) {
      this.startedAt = nowMs;
      for (const figure of this.figures.values()) figure.from = figure.shown;
    }
    this.figures.set(key, { from: shown, to, shown });
  }

  delete(key: K): void {
    this.figures.delete(key);
  }

  /** Advances all figures, and drops those that have reached their targets. */
  *step(nowMs: number): Generator<[K, number]> {
    const left = 1 - Math.min(1, Math.max(0, (nowMs - this.startedAt) / COUNT_MS));
    for (const [key, figure] of this.figures) {
      figure.shown = Math.round(figure.to + (figure.from - figure.to) * left ** 3);
      if (left === 0) this.figures.delete(key);
      yield [key, figure.shown];
    }
  }

  /** Moves all figures to their targets at once. */
  *settle(): Generator<[K, number]> {
    for (const [key, { to }] of this.figures) {
      this.figures.delete(key);
      yield [key, to];
    }
  }
}
