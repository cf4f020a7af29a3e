import { PaydayError, errorSpec, messageOf, retryUntil } from '#kernel';
import { systemTimers } from '#kernel/system';
import type { Readiness } from '../health.js';
import type { Logger } from '../logger.js';

const RETRY_MS = 500;

export type WaitFor = <T>(what: string, attempt: () => Promise<T>) => Promise<T>;

/**
 * Retries until the action succeeds, while `/readyz` reports what is missing. Throws errors that waiting cannot fix at once.
 */
export function waiter(readiness: Readiness, logger: Logger, signal: AbortSignal): WaitFor {
  return async (what, attempt) => {
    let said = '';
    let reason = 'has not been reached yet';
    readiness.register(what, () => {
      throw new Error(reason);
    });
    const found = await retryUntil(
      {
        timers: systemTimers,
        signal,
        pauseMs: () => RETRY_MS,
        mayRetry: (error) => error instanceof PaydayError && (error.retryable || isAwaited(error.code)),
        report: (error) => {
          reason = messageOf(error);
          if (reason !== said) logger.warn({ what }, `waiting for the ${what}: ${reason}`);
          said = reason;
        },
      },
      async () => ({ value: await attempt() }),
    );
    if (found === undefined) throw signal.reason;
    readiness.remove(what);
    if (said !== '') logger.info({ what }, `${what}: found`);
    return found.value;
  };
}

/** True for conditions that another service or an operator resolves: services and set-up commands start in any order. */
const isAwaited = (code: string): boolean => errorSpec(code)?.awaited === true;
