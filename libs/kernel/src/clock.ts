/**
 * Where time comes from. Nothing outside `libs/runtime` reads the platform's clock: everything else is
 * given one of these, so that tests set the time and games can be replayed.
 */
export interface Clock {
  /** Wall-clock time, epoch milliseconds (integer). May step when the machine's clock is set. */
  nowMs(): number;
  /** Monotonic time in microseconds since an arbitrary origin. Use it for every duration. */
  monotonicUs(): number;
}
