import type { CancelSignal, Timers } from './time.js';

export interface RetryPolicy {
  timers: Pick<Timers, 'sleep'>;
  /** Ends every pause and all retries. */
  signal?: CancelSignal;
  /** The pause before retry number `attempt` (0 is the first), ms. Default: `backoffMs`. */
  pauseMs?(attempt: number): number;
  /** False for an error that no retry can resolve. Default: every error is retried. */
  mayRetry?(error: unknown): boolean;
  /** Called for each failure that is retried. */
  report?(error: unknown): void;
}

/**
 * Calls `action` until it succeeds, with pauses in between.
 * @returns its result, or undefined if the signal aborted first
 * @throws the first error that `mayRetry` refuses
 */
export async function retryUntil<T>(
  policy: RetryPolicy,
  action: () => Promise<T> | T,
): Promise<T | undefined> {
  const { timers, signal, pauseMs = backoffMs } = policy;
  for (let attempt = 0; !signal?.aborted; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (policy.mayRetry?.(error) === false) throw error;
      policy.report?.(error);
      await timers.sleep(pauseMs(attempt), signal);
    }
  }
  return undefined;
}

const FIRST_PAUSE_MS = 50;

/** The pause before retry number `attempt` (0 is the first): 50 ms, doubling, at most `longestMs`. */
export function backoffMs(attempt: number, longestMs = 5_000): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 20), longestMs);
}
