import type { PreciseClock } from '#kernel';

/** Smallest step of the machine's clock that is followed; smaller differences are drift and jitter. */
const STEP_MS = 100;

/**
 * Epoch time in microseconds that advances evenly: the monotonic clock, anchored to the wall clock. The wall clock has whole milliseconds, so
 * each reading is early by up to one; the reading that is furthest ahead is the most accurate, and moves the anchor.
 */
export class WallTime {
  private offsetUs: number;

  constructor(private readonly clock: PreciseClock) {
    this.offsetUs = this.reading();
  }

  monotonicUs(): number {
    return this.clock.monotonicUs();
  }

  nowUs(): number {
    return this.clock.monotonicUs() + this.offsetUs;
  }

  /** Follows the wall clock. Call it often. @returns the step in ms if the clock was set, else 0 */
  follow(): number {
    const reading = this.reading();
    const aheadUs = reading - this.offsetUs;
    if (Math.abs(aheadUs) < STEP_MS * 1000) {
      if (aheadUs > 0) this.offsetUs = reading;
      return 0;
    }
    this.offsetUs = reading;
    return aheadUs / 1000;
  }

  private reading(): number {
    return this.clock.nowMs() * 1000 - this.clock.monotonicUs();
  }
}
