import type { Outcome, Scenario } from '#contracts';

/**
 * What a good answer is when its latency is known only up to a doubt of our own: the better side counts. Where the doubt is
 * larger than a bound and more than one verdict is possible, there is none.
 */
export class Verdicts {
  /** Upper bounds of what is paid alike, inclusive, microseconds; the last one is the deadline. */
  private readonly boundsUs: number[];
  private readonly maxDoubtUs: number;

  constructor({ pay, probing }: Scenario, maxDoubtMs: number) {
    const inTime = pay.speedBands.map(({ upToMs }) => upToMs).filter((upToMs) => upToMs < probing.timeoutMs);
    this.boundsUs = [...inTime, probing.timeoutMs].map((ms) => ms * 1000);
    this.maxDoubtUs = maxDoubtMs * 1000;
  }

  /** @param earliestUs latency at least @param latestUs latency at most */
  ofGoodAnswer(earliestUs: number, latestUs: number): Extract<Outcome, 'ok' | 'timeout' | 'prober_error'> {
    const band = this.bandOf(earliestUs);
    if (latestUs - earliestUs > this.maxDoubtUs && this.bandOf(latestUs) !== band) return 'prober_error';
    return band === this.boundsUs.length ? 'timeout' : 'ok';
  }

  private bandOf(us: number): number {
    let band = 0;
    while (band < this.boundsUs.length && us > this.boundsUs[band]!) band++;
    return band;
  }
}
