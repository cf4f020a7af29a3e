import { SerialQueue, type Clock, type Timers } from '#kernel';

const LONGEST_GAP_MS = 5_000;

/** Paces this log's reads of one shard. After throttling the gap doubles; it shrinks slowly while reads succeed. */
export class Pacer {
  private readonly turns = new SerialQueue();
  private nextMs = -Infinity;
  private gapMs: number;

  constructor(
    private readonly minGapMs: number,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly signal: AbortSignal,
  ) {
    this.gapMs = minGapMs;
  }

  /** Resolves when it is the caller's turn to read. */
  turn(): Promise<void> {
    return this.turns.run(async () => {
      const waitMs = this.nextMs - this.clock.monotonicMs();
      if (waitMs > 0) await this.timers.sleep(waitMs, this.signal);
      this.nextMs = this.clock.monotonicMs() + this.gapMs;
    });
  }

  succeeded(): void {
    this.gapMs = Math.max(this.minGapMs, this.gapMs * 0.9);
  }

  throttled(): void {
    this.gapMs = Math.min(Math.max(2 * this.gapMs, 50), LONGEST_GAP_MS);
    this.nextMs = this.clock.monotonicMs() + this.gapMs;
  }
}
