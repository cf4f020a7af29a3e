import type { Clock } from '#kernel';
import type { Timers } from '../dispatch/timers.js';

interface Sleeper {
  untilMs: number;
  wake(): void;
}

/** A clock and timers that stand still until they are told to move. Time may also run for one user and not for another. */
export class ManualTime implements Clock, Timers {
  private readonly sleepers = new Set<Sleeper>();
  private ms = 0;
  /** A frozen process: its sleeps do not end, whatever time it is. */
  private frozen = false;

  nowMs(): number {
    return this.ms;
  }

  monotonicUs(): number {
    return this.ms * 1000;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { untilMs: this.ms + ms, wake };
      this.sleepers.add(sleeper);
      signal.addEventListener('abort', wake);
    });
  }

  nextTurn(): Promise<void> {
    return settled();
  }

  /** When the next sleep ends; Infinity while there is none, or frozen. */
  get nextMs(): number {
    return this.frozen ? Infinity : Math.min(Infinity, ...[...this.sleepers].map(({ untilMs }) => untilMs));
  }

  /** Moves on and ends the sleeps that are over. */
  moveTo(ms: number): void {
    this.ms = Math.max(this.ms, ms);
    if (!this.frozen) for (const sleeper of this.sleepers) if (sleeper.untilMs <= this.ms) sleeper.wake();
  }

  freeze(): void {
    this.frozen = true;
  }

  thaw(): void {
    this.frozen = false;
    this.moveTo(this.ms);
  }
}

/** Resolves when everything that needs no time has been done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
