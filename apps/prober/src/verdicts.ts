import type { Outcome, Scenario } from '#contracts';

/**
 * Judges a good answer whose latency is known only within the prober's own uncertainty: the better side counts. If the uncertainty
 * exceeds a bound and more than one verdict is possible, there is no verdict.
 */
export class Verdicts {
  /** Inclusive upper bounds of the pay bands, microseconds; the last one is the deadline. */
  private readonly boundsUs: number[];
  private readonly maxDoubtUs: number;

  constructor({ pay, probing }: Scenario, maxDoubtMs: number) {
    const inTime = pay.speedBands.map(({ upToMs }) => upToMs).filter((upToMs) => upToMs < probing.timeoutMs);
    this.boundsUs = [...inTime, probing.timeoutMs].map((ms) => ms * 1000);
    this.maxDoubtUs = maxDoubtMs * 1000;
  }

  /** @param earliestUs lowest possible latency @param latestUs highest possible latency */
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
