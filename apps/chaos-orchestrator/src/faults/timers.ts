/** Injection token of `Timers`. */
export const TIMERS = Symbol('Timers');

/** Delays, injected so that tests control them. */
export interface Timers {
  /** Runs `work` once, `ms` (≥ 0) from now; the returned function cancels it. */
  after(ms: number, work: () => void): () => void;
}

/** `setTimeout` treats a longer delay as 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

export const realTimers: Timers = {
  after: (ms, work) => {
    const handle = setTimeout(work, Math.min(ms, LONGEST_MS));
    return () => clearTimeout(handle);
  },
};
