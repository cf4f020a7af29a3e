import type { StandingsDelta } from '#contracts';

/** The latest deltas of one epoch and one game, without a gap. */
export class DeltaRing {
  private readonly deltas: StandingsDelta[] = [];

  /** @param capacity how many deltas are kept, ≥ 1 */
  constructor(private readonly capacity: number) {}

  push(delta: StandingsDelta): void {
    this.deltas.push(delta);
    // In halves, so that a push costs a constant on average.
    if (this.deltas.length >= 2 * this.capacity) this.deltas.splice(0, this.deltas.length - this.capacity);
  }

  clear(): void {
    this.deltas.length = 0;
  }

  /** The deltas behind frame `seq`, oldest first; null if they aren't all here, or if there is none. */
  since(seq: number): StandingsDelta[] | null {
    const oldest = Math.max(0, this.deltas.length - this.capacity);
    for (let index = this.deltas.length - 1; index >= oldest; index--)
      if (this.deltas[index]!.fromSeq === seq) return this.deltas.slice(index);
    return null;
  }
}
