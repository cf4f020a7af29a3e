import { retryPauseMs, type Timers } from './timers.js';

export interface RetryContext {
  timers: Timers;
  /** Ends every wait and all retries. */
  signal: AbortSignal;
  /** Called for each failure. */
  report(error: unknown): void;
}

/**
 * Calls `action` until it succeeds, with growing pauses in between.
 * @returns its result, or undefined if the signal aborted first.
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

/** Wraps a consumer's `onError`, so that a throwing one cannot stop the reading. */
export function safeReporter(onError: ((error: unknown) => void) | undefined): (error: unknown) => void {
  return (error) => {
    try {
      onError?.(error);
    } catch {
      // A failing reporter must not stop the retry, and there is nowhere else to report to.
    }
  };
}
