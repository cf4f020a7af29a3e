import { retryPauseMs, type Timers } from './timers.js';

export interface RetryContext {
  timers: Timers;
  /** Ends every wait; nothing is retried afterwards. */
  signal: AbortSignal;
  /** Called for each failure. */
  report(error: unknown): void;
}

/**
 * Calls `action` until it succeeds, with growing pauses between.
 * @returns what it gave, or undefined if the signal ended the retrying before it succeeded.
 */
export async function retrying<T>(
  { timers, signal, report }: RetryContext,
  action: () => Promise<T> | T,
): Promise<T | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await action();
    } catch (error) {
      report(error);
      await timers.sleep(retryPauseMs(attempt), signal);
    }
  }
  return undefined;
}

/** Wraps a consumer's `onError`, so that one which throws cannot stop the reading. */
export function safeReporter(onError: ((error: unknown) => void) | undefined): (error: unknown) => void {
  return (error) => {
    try {
      onError?.(error);
    } catch {
      // Where to report that reporting failed? The retry itself goes on, and that is what counts.
    }
  };
}
