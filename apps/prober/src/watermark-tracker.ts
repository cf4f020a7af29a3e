import { Deque } from './deque.js';

/** A request that was sent; `concluded` once its result is recorded. */
export interface Outstanding {
  readonly intendedAt: number;
  concluded: boolean;
}

/**
 * Computes one team's watermark: the largest time T such that every request of the team with an intended time
 * before T has a recorded result. It never decreases.
 */
export class WatermarkTracker {
  private readonly outstanding = new Deque<Outstanding>();
  private lastIntendedAt = -Infinity;

  /** Requests must be added in order of their intended times. @throws RangeError otherwise: the watermark would be wrong. */
  begin(request: Outstanding): void {
    if (request.intendedAt < this.lastIntendedAt)
      throw new RangeError(`${request.intendedAt} comes after ${this.lastIntendedAt}`);
    this.lastIntendedAt = request.intendedAt;
    this.outstanding.push(request);
  }

  /** @param doneThrough no request with an earlier intended time will begin (`Plan.doneThrough`) */
  advanceTo(doneThrough: number): number {
    for (;;) {
      const first = this.outstanding.peek();
      if (first === undefined) return doneThrough;
      if (!first.concluded) return Math.min(first.intendedAt, doneThrough);
      this.outstanding.shift();
    }
  }
}
