import { Counter, Gauge, type Registry } from 'prom-client';
import { LagHistogram } from './lag-histogram.js';
import { OutcomeCounter } from './outcome-counter.js';

/** A prober's own metrics, registered in the process's registry. */
export interface ProberMetrics {
  /** Results recorded, by outcome. */
  results: OutcomeCounter;
  /** How late requests were sent after their intended time, in microseconds. */
  scheduleLag: LagHistogram;
  /** Lost results: finally `rejected` by ingest, or `overflow` of a full buffer (prober errors only). */
  dropped: Counter<'reason'>;
  /** Requests to ingest by result: `accepted`, `duplicate`, `retried`, `rejected`. */
  reports: Counter<'result'>;
}

/** Injection token of `ProberMetrics`. */
export const PROBER_METRICS = Symbol('ProberMetrics');

export function createProberMetrics(registry: Registry): ProberMetrics {
  const registers = [registry];
  return {
    results: new OutcomeCounter(registry, 'payday_prober_results_total', 'Probe results by outcome'),
    scheduleLag: new LagHistogram(
      registry,
      'payday_prober_schedule_lag_seconds',
      'How late requests were sent',
    ),
    dropped: new Counter({
      name: 'payday_prober_dropped_results_total',
      help: 'Results that were lost, by reason',
      labelNames: ['reason'],
      registers,
    }),
    reports: new Counter({
      name: 'payday_prober_reports_total',
      help: 'Requests to ingest by result',
      labelNames: ['result'],
      registers,
    }),
  };
}

/** Registers gauges of the prober's current load, read at each scrape. */
export function registerProberGauges(
  registry: Registry,
  prober: Readonly<Record<'inFlight' | 'pending' | 'heldBytes' | 'quarantined', number>>,
): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(read()) });
  };
  gauge('payday_prober_in_flight', 'Requests sent and not yet concluded', () => prober.inFlight);
  gauge('payday_prober_pending_results', 'Results that ingest has not accepted yet', () => prober.pending);
  gauge('payday_prober_held_bytes', 'Bytes of unfinished answers in memory', () => prober.heldBytes);
  gauge(
    'payday_prober_quarantined_teams',
    'Teams whose answers are read in a thread of their own',
    () => prober.quarantined,
  );
}

/** Registers gauges of what is known about the owners of endpoints, counted at each scrape. */
export function registerOwnershipMetrics(
  registry: Registry,
  ownership: { count(kind: 'unproven' | 'foreign'): number },
  addresses: { shared(): readonly unknown[] },
): void {
  const registers = [registry];
  const unproven: Gauge = new Gauge({
    name: 'payday_prober_unproven_endpoints',
    help: "Endpoints without their team's proof: they show nothing, or the proof of another team",
    labelNames: ['shows'],
    registers,
    collect: () => {
      for (const [kind, shows] of [
        ['unproven', 'nothing'],
        ['foreign', 'another'],
      ] as const)
        unproven.set({ shows }, ownership.count(kind));
    },
  });
  const shared: Gauge = new Gauge({
    name: 'payday_prober_shared_addresses',
    help: 'Resolved addresses at which services of more than one team were reached',
    registers,
    collect: () => shared.set(addresses.shared().length),
  });
}
