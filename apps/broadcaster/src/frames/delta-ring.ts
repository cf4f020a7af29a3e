import type { StandingsDelta } from '#contracts';

/** The latest deltas of one epoch and one game, without gaps. */
export class DeltaRing {
  private readonly deltas: StandingsDelta[] = [];

  /** @param capacity number of deltas to keep, ≥ 1 */
  constructor(private readonly capacity: number) {}

  push(delta: StandingsDelta): void {
    this.deltas.push(delta);
    // Discards half at once, so a push takes amortized constant time.
    if (this.deltas.length >= 2 * this.capacity) this.deltas.splice(0, this.deltas.length - this.capacity);
  }

  clear(): void {
    this.deltas.length = 0;
  }

  /** The deltas after frame `seq`, oldest first; null if some are missing or there are none. */
  since(seq: number): StandingsDelta[] | null {
    const oldest = Math.max(0, this.deltas.length - this.capacity);
    for (let index = this.deltas.length - 1; index >= oldest; index--)
      if (this.deltas[index]!.fromSeq === seq) return this.deltas.slice(index);
    return null;
  }
}
