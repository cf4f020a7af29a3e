/** Allows bursts of `capacity` and a sustained rate of `perSecond`. */
export class TokenBucket {
  private tokens: number;
  private atMs: number | null = null;

  constructor(
    private readonly capacity: number,
    private readonly perSecond: number,
  ) {
    this.tokens = capacity;
  }

  /** @param nowMs monotonic */
  takeToken(nowMs: number): boolean {
    const elapsedMs = nowMs - (this.atMs ?? nowMs);
    this.atMs = nowMs;
    this.tokens = Math.min(this.capacity, this.tokens + (elapsedMs * this.perSecond) / 1000);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
