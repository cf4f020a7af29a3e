import type { Metric, Registry } from 'prom-client';
import { OUTCOMES } from '#contracts';

/** A Prometheus counter of results by outcome. It counts at every request, where prom-client's own would look up its labels each time. */
export class OutcomeCounter {
  private readonly counts = new Float64Array(OUTCOMES.length);

  constructor(registry: Registry, name: string, help: string) {
    const get = async (): Promise<unknown> => ({
      name,
      help,
      type: 'counter',
      aggregator: 'sum',
      values: OUTCOMES.map((outcome, code) => ({ labels: { outcome }, value: this.counts[code] })),
    });
    // A registry needs only these members; its type demands one of prom-client's own classes.
    registry.registerMetric({ name, get, reset: () => this.counts.fill(0) } as unknown as Metric);
  }

  /** @param code index into `OUTCOMES` */
  count(code: number): void {
    this.counts[code]!++;
  }
}
