import type { Clock } from '#kernel';

/** A step of the machine's clock of at least this is followed; smaller differences are drift and jitter. */
const STEP_MS = 100;

/**
 * Epoch time in microseconds that advances evenly: the monotonic clock, anchored to the wall clock. Latencies are
 * differences of it, so that a clock that is being disciplined does not bend them.
 */
export class WallTime {
  #offsetUs: number;

  constructor(private readonly clock: Clock) {
    this.#offsetUs = clock.nowMs() * 1000 - clock.monotonicUs();
  }

  monotonicUs(): number {
    return this.clock.monotonicUs();
  }

  nowUs(): number {
    return this.clock.monotonicUs() + this.#offsetUs;
  }

  /** Follows the wall clock if it was set. Call it now and then. @returns the step that was taken, in ms. */
  follow(): number {
    const stepMs = this.clock.nowMs() - this.nowUs() / 1000;
    if (Math.abs(stepMs) < STEP_MS) return 0;
    this.#offsetUs += Math.round(stepMs * 1000);
    return stepMs;
  }
}
