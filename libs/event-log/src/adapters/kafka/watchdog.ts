/**
 * Notices that nothing comes in although something should: the clients of Kafka are known to fall silent without an error
 * (a connection that looks alive, a session that the broker has dropped), and then only beginning anew helps.
 */
export class Watchdog {
  private lastProgressMs: number;

  /** @param stallMs how long it is normal to get nothing. */
  constructor(
    private readonly stallMs: number,
    nowMs: number,
  ) {
    this.lastProgressMs = nowMs;
  }

  /** Something came in, or nothing is waited for. */
  progressed(nowMs: number): void {
    this.lastProgressMs = nowMs;
  }

  /** For how long nothing has come in, if that is too long; it then waits as long again. */
  stalledForMs(nowMs: number): number | undefined {
    const silentMs = nowMs - this.lastProgressMs;
    if (silentMs < this.stallMs) return undefined;
    this.lastProgressMs = nowMs;
    return silentMs;
  }
}
