import type { Clock } from '#kernel';
import type { Timers } from '../timers.js';

interface Timer {
  dueMs: number;
  callback: () => void;
}

/** A clock and timers that advance only on request. */
export class ManualTime implements Clock, Timers {
  private readonly timers = new Set<Timer>();

  constructor(private ms: number) {}

  nowMs(): number {
    return this.ms;
  }

  monotonicUs(): number {
    return this.ms * 1000;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { dueMs: this.ms + ms, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Advances the time and runs due callbacks in order. */
  advance(ms: number): void {
    const until = this.ms + ms;
    for (;;) {
      const [next] = [...this.timers].filter(({ dueMs }) => dueMs <= until).sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.timers.delete(next);
      this.ms = Math.max(this.ms, next.dueMs);
      next.callback();
    }
    this.ms = until;
  }
}
