/** How many of the latest frames the estimate uses. */
const SAMPLES = 32;

/**
 * Estimates the difference between the server's wall clock and ours from frames that carry the server's time. Network
 * delay can only make the difference look smaller, so the largest of the latest samples is the best one.
 */
export class ServerClock {
  private samples: number[] = [];
  /** Server clock minus own clock, ms. Keeps its value after a reset, until the next frame. */
  offsetMs = 0;

  observe(serverAtMs: number, receivedAtMs: number): void {
    this.samples.push(serverAtMs - receivedAtMs);
    if (this.samples.length > SAMPLES) this.samples.shift();
    this.offsetMs = Math.max(...this.samples);
  }

  /** Discards the samples: the next frame may come from another server, or after this machine's clock was set. */
  reset(): void {
    this.samples = [];
  }
}
