import type { Clock } from '#kernel';
import type { Timers } from '../faults/timers.js';

/** A clock and timers that a test controls. */
export class ManualTime implements Clock, Timers {
  private pending: { at: number; work: () => void }[] = [];
  private lag: { readings: number; ms: number } | null = null;

  constructor(private now = 1_700_000_000_000) {}

  nowMs(): number {
    if (this.lag !== null && this.lag.readings-- === 0) {
      this.now += this.lag.ms;
      this.lag = null;
    }
    return this.now;
  }

  /** Advances the clock by `ms` after this many readings, as on a busy machine. */
  lagAfter(readings: number, ms: number): void {
    this.lag = { readings, ms };
  }

  monotonicUs(): number {
    return this.now * 1000;
  }

  after(ms: number, work: () => void): () => void {
    const entry = { at: this.now + ms, work };
    this.pending.push(entry);
    return () => {
      this.pending = this.pending.filter((other) => other !== entry);
    };
  }

  /** Advances time to an instant: runs due timers in order, and lets promises settle after each. */
  async until(end: number): Promise<void> {
    for (;;) {
      await settle();
      const next = this.pending.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.pending = this.pending.filter((other) => other !== next);
      this.now = Math.max(this.now, next.at);
      next.work();
    }
    this.now = Math.max(this.now, end);
    await settle();
  }

  advance(ms: number): Promise<void> {
    return this.until(this.now + ms);
  }
}

/** Lets every promise settle that needs no I/O. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
