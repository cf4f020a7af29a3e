/** Allows at most `limit` events in any period of `spanMs`. */
export class Throttle {
  private readonly passedAt: number[] = [];

  constructor(
    private readonly limit: number,
    private readonly spanMs: number,
  ) {}

  /** @param at ms, roughly increasing */
  pass(at: number): boolean {
    while (this.passedAt.length > 0 && at - this.passedAt[0]! >= this.spanMs) this.passedAt.shift();
    if (this.passedAt.length >= this.limit) return false;
    this.passedAt.push(at);
    return true;
  }
}
