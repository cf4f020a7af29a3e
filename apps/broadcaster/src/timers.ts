/** One-shot timers, injected so that tests control the time. */
export interface Timers {
  /** Calls back once after `ms`; returns a function that cancels the call. */
  after(ms: number, callback: () => void): () => void;
}

/** The platform's timers. They never keep a process alive. */
export const systemTimers: Timers = {
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
