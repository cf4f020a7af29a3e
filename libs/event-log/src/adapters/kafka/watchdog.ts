/**
 * Detects a stall: no records arrive although the broker has some. Kafka clients are known to stall without an error (a
 * connection that looks alive, a session that the broker has dropped), and then only a new connection helps.
 */
export class Watchdog {
  private lastProgressMs: number;

  /** @param stallMs how long a silence is normal. */
  constructor(
    private readonly stallMs: number,
    nowMs: number,
  ) {
    this.lastProgressMs = nowMs;
  }

  /** Something arrived, or nothing is expected. */
  progressed(nowMs: number): void {
    this.lastProgressMs = nowMs;
  }

  /** Duration of the stall, or undefined if there is none; reporting a stall restarts the period. */
  stalledForMs(nowMs: number): number | undefined {
    const silentMs = nowMs - this.lastProgressMs;
    if (silentMs < this.stallMs) return undefined;
    this.lastProgressMs = nowMs;
    return silentMs;
  }
}
