import { setTimeout as sleep } from 'node:timers/promises';
import { PaydayError, messageOf } from '#kernel';
import type { Readiness } from '../health.js';
import type { Logger } from '../logger.js';

/** Conditions that other services or operators resolve: services and set-up commands start in any order. */
const WORTH_WAITING_FOR = new Set(['unknown_topic', 'schema_outdated']);
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
    for (;;) {
      try {
        const found = await attempt();
        readiness.remove(what);
        if (said !== '') logger.info({ what }, `${what}: found`);
        return found;
      } catch (error) {
        const mayCome =
          error instanceof PaydayError && (error.retryable || WORTH_WAITING_FOR.has(error.code));
        if (!mayCome) throw error;
        reason = messageOf(error);
        if (reason !== said) logger.warn({ what }, `waiting for the ${what}: ${reason}`);
        said = reason;
      }
      await sleep(RETRY_MS, undefined, { signal });
    }
  };
}
