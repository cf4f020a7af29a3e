/** How long figures take to count to a new value. */
export const COUNT_MS = 400;

/** A figure on its way from one value to another. */
export interface Counted {
  from: number;
  to: number;
  /** What is to be seen now. */
  shown: number;
}

/**
 * Figures that count to their new values, all of them from the same moment to the same moment: whenever one gets a new
 * value, the others set out anew from where they are. A board that is in order before and after is so all the way then,
 * as each figure is the same part of its way; with a time for each, a team that is overtaking nobody would seem to.
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

  /** Moves all figures on, and forgets them when they have arrived. */
  *step(nowMs: number): Generator<[K, number]> {
    const left = 1 - Math.min(1, Math.max(0, (nowMs - this.startedAt) / COUNT_MS));
    for (const [key, figure] of this.figures) {
      figure.shown = Math.round(figure.to + (figure.from - figure.to) * left ** 3);
      if (left === 0) this.figures.delete(key);
      yield [key, figure.shown];
    }
  }

  /** Takes all figures to their ends at once. */
  *settle(): Generator<[K, number]> {
    for (const [key, { to }] of this.figures) {
      this.figures.delete(key);
      yield [key, to];
    }
  }
}
