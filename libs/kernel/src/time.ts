/** Wall-clock and monotonic time. Code takes one as a parameter, so that tests set the time and games can be replayed. */
export interface Clock {
  /** Wall-clock time, epoch milliseconds (integer). May step when the machine's clock is set. */
  nowMs(): number;
  /** Monotonic time in milliseconds, with fractions, since an arbitrary origin. Use it for every duration. */
  monotonicMs(): number;
}

/** A clock for hot paths that measure in microseconds. */
export interface PreciseClock extends Clock {
  /** `monotonicMs` in microseconds (integer). */
  monotonicUs(): number;
}

/** The part of an `AbortSignal` that waiting needs; this library compiles without the platform's types. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Timers, injected so that tests decide how time passes. */
export interface Timers {
  /** Runs `work` once, `ms` (≥ 0) from now. It does not keep the process alive. @returns a function that cancels it */
  after(ms: number, work: () => void): () => void;
  /** Runs `work` every `ms` (> 0). It does not keep the process alive. @returns a function that stops it */
  every(ms: number, work: () => void): () => void;
  /** Resolves after `ms` (≥ 0), or at once when `signal` aborts. Never rejects. It keeps the process alive. */
  sleep(ms: number, signal?: CancelSignal): Promise<void>;
}

/** A clock and its timers. */
export interface Time extends Clock, Timers {}

/** Timers that are all made of one function that sets a timer. */
export function timersFrom(after: Timers['after']): Timers {
  return {
    after,
    every: (ms, work) => {
      const again = (): void => {
        cancel = after(ms, again);
        work();
      };
      let cancel = after(ms, again);
      return () => cancel();
    },
    sleep: (ms, signal) => sleepWith(after, ms, signal),
  };
}

function sleepWith(after: Timers['after'], ms: number, signal?: CancelSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = after(ms, end);
    signal?.addEventListener('abort', end);
  });
}
