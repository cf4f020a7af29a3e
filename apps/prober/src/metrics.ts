import { Counter, Gauge, type Registry } from 'prom-client';
import { LagHistogram } from './lag-histogram.js';
import { OutcomeCounter } from './outcome-counter.js';

/** What a prober tells about itself, registered in the process's registry. */
export interface ProberMetrics {
  /** Results recorded, by outcome. */
  results: OutcomeCounter;
  /** How late requests were sent after their intended time, in microseconds. */
  scheduleLag: LagHistogram;
  /** Results that were lost: `rejected` by ingest for good, or `overflow` of a full buffer (prober errors only). */
  dropped: Counter<'reason'>;
  /** Requests to ingest, by what came of them: `accepted`, `duplicate`, `retried`, `rejected`. */
  reports: Counter<'result'>;
}

export function createProberMetrics(
  registry: Registry,
  gauges: {
    inFlight: () => number;
    pending: () => number;
    heldBytes: () => number;
    quarantined?: () => number;
  },
): ProberMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(read()) });
  };
  gauge('payday_prober_in_flight', 'Requests sent and not yet concluded', gauges.inFlight);
  gauge('payday_prober_pending_results', 'Results that ingest has not accepted yet', gauges.pending);
  gauge('payday_prober_held_bytes', 'Bytes of unfinished answers in memory', gauges.heldBytes);
  gauge(
    'payday_prober_quarantined_teams',
    'Teams whose answers are read in a thread of their own',
    gauges.quarantined ?? (() => 0),
  );
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
      help: 'Requests to ingest by what came of them',
      labelNames: ['result'],
      registers,
    }),
  };
}

/** What is known of the owners of endpoints, counted when it is asked for. */
export function registerOwnershipMetrics(
  registry: Registry,
  ownership: { count(kind: 'unproven' | 'foreign'): number },
  addresses: { shared(): readonly unknown[] },
): void {
  const registers = [registry];
  const unproven: Gauge = new Gauge({
    name: 'payday_prober_unproven_endpoints',
    help: "Endpoints that do not prove to be their team's: they show nothing, or the proof of another",
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
    help: 'Addresses, as names were resolved, at which services of more than one team were reached',
    registers,
    collect: () => shared.set(addresses.shared().length),
  });
}
