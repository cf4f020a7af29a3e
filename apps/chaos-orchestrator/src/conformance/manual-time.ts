import type { Clock } from '#kernel';
import type { Timers } from '../timers.js';

/** A clock and its timers, which move only when a test says so. */
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

  /** After so many more readings the clock is found this much later, as on a machine that was busy in between. */
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

  /** Lets time pass up to an instant: runs what falls due, in order, and lets promises settle after each. */
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

/** Lets every promise that can settle without I/O, settle. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
