import { timersFrom, type CancelSignal, type PreciseClock, type Timers } from '#kernel';

interface Timer {
  dueMs: number;
  work(): void;
}

/** A clock and timers that stand still until a test moves them. Timers fire in the order in which they are due. */
export class ManualTime implements PreciseClock, Timers {
  private timers: Timer[] = [];
  private readonly derived = timersFrom((ms, work) => this.after(ms, work));
  private isFrozen = false;
  private lag: { readings: number; ms: number } | null = null;

  constructor(private ms = 1_700_000_000_000) {}

  nowMs(): number {
    if (this.lag !== null && this.lag.readings-- === 0) {
      this.ms += this.lag.ms;
      this.lag = null;
    }
    return this.ms;
  }

  monotonicMs(): number {
    return this.ms;
  }

  monotonicUs(): number {
    return this.ms * 1000;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { dueMs: this.ms + ms, work };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((other) => other !== timer));
  }

  every(ms: number, work: () => void): () => void {
    return this.derived.every(ms, work);
  }

  sleep(ms: number, signal?: CancelSignal): Promise<void> {
    return this.derived.sleep(ms, signal);
  }

  /** Number of timers that are set. */
  get pendingTimers(): number {
    return this.timers.length;
  }

  /** When the next timer is due; Infinity if there is none, or while frozen. */
  get nextDueMs(): number {
    return this.isFrozen ? Infinity : Math.min(Infinity, ...this.timers.map(({ dueMs }) => dueMs));
  }

  /** Moves the time on by `ms` and runs due timers, without letting promises settle in between. */
  advance(ms: number): void {
    this.advanceTo(this.ms + ms);
  }

  /** Like `advance`, up to an instant. */
  advanceTo(untilMs: number): void {
    while (this.runNext(untilMs));
    this.ms = Math.max(this.ms, untilMs);
  }

  /** Moves the time on by `ms`, runs due timers, and lets promises settle before and after each. */
  pass(ms: number): Promise<void> {
    return this.passTo(this.ms + ms);
  }

  /** Like `pass`, up to an instant. */
  async passTo(untilMs: number): Promise<void> {
    do await settled();
    while (this.runNext(untilMs));
    this.ms = Math.max(this.ms, untilMs);
    await settled();
  }

  /** After this many more readings of the wall clock the time jumps ahead, as on a busy machine. */
  lagAfter(readings: number, ms: number): void {
    this.lag = { readings, ms };
  }

  /** Stops timers from firing, as in a frozen process; the clock still moves. */
  freeze(): void {
    this.isFrozen = true;
  }

  /** Lets timers fire again, and runs the overdue ones. */
  thaw(): void {
    this.isFrozen = false;
    this.advance(0);
  }

  private runNext(untilMs: number): boolean {
    const nextMs = this.nextDueMs;
    if (nextMs > untilMs) return false;
    const next = this.timers.find(({ dueMs }) => dueMs === nextMs);
    if (next === undefined) return false;
    this.timers = this.timers.filter((other) => other !== next);
    this.ms = Math.max(this.ms, nextMs);
    next.work();
    return true;
  }
}

/** Resolves when everything is done that needs neither time nor I/O. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
