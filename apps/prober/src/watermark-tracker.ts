import { Deque } from './deque.js';

/** A request that was handed out; `concluded` once its result is recorded. */
export interface Outstanding {
  readonly intendedAt: number;
  concluded: boolean;
}

/**
 * What one team's watermark may say: the largest time T such that every request of the team with an intended time
 * before T has a recorded result. It never goes back.
 */
export class WatermarkTracker {
  private readonly outstanding = new Deque<Outstanding>();
  private lastIntendedAt = -Infinity;

  /** Requests come in order of their intended times. @throws RangeError if they don't: a watermark would break. */
  begin(request: Outstanding): void {
    if (request.intendedAt < this.lastIntendedAt)
      throw new RangeError(`${request.intendedAt} comes after ${this.lastIntendedAt}`);
    this.lastIntendedAt = request.intendedAt;
    this.outstanding.push(request);
  }

  /** @param doneThrough no request before this will ever begin any more (`Plan.doneThrough`). */
  advanceTo(doneThrough: number): number {
    for (;;) {
      const first = this.outstanding.peek();
      if (first === undefined) return doneThrough;
      if (!first.concluded) return Math.min(first.intendedAt, doneThrough);
      this.outstanding.shift();
    }
  }
}
