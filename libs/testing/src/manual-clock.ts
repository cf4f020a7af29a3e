import type { Clock } from '#kernel';

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  constructor(private ms = 1_700_000_000_000) {}

  nowMs(): number {
    return this.ms;
  }

  monotonicUs(): number {
    return this.ms * 1000;
  }

  advance(ms: number): void {
    this.ms += ms;
  }

  set(ms: number): void {
    this.ms = ms;
  }
}
