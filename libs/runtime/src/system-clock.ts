import type { Clock } from '#kernel';

/** The platform's clock: the one place outside of tests where time enters. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicUs: () => Math.floor(performance.now() * 1000),
};
