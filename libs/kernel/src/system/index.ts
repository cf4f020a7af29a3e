import { timersFrom, type PreciseClock, type Timers } from '../index.js';

/** The platform's clock. Production code outside of this file takes the time from an injected `Clock`. */
export const systemClock: PreciseClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  monotonicUs: () => Math.floor(performance.now() * 1000),
};

/** setTimeout fires at once for longer delays. */
const LONGEST_MS = 2 ** 31 - 1;

const startTimer =
  (keepsAlive: boolean): Timers['after'] =>
  (ms, work) => {
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const isLast = leftMs <= LONGEST_MS;
      timer = setTimeout(isLast ? work : () => arm(leftMs - LONGEST_MS), Math.min(leftMs, LONGEST_MS));
      if (!keepsAlive) timer.unref();
    };
    arm(ms);
    return () => clearTimeout(timer);
  };

/** The platform's timers. */
export const systemTimers: Timers = {
  ...timersFrom(startTimer(false)),
  sleep: timersFrom(startTimer(true)).sleep,
};

/** The platform's clock and timers in one. */
export const systemTime: PreciseClock & Timers = { ...systemClock, ...systemTimers };
