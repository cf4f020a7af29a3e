import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RefusedBatch, ScoringCounters } from '#scoring';
import { UnscoredWatch, type UnscoredWarning } from './unscored-watch.js';

/** The scorer's metrics, for operators. */
export class ScorerMetrics {
  private readonly refusedBatches: Counter;
  /** No label names a team: metrics are public and must not reveal scores during a freeze. */
  private readonly unscored: Counter<'reason'>;
  private readonly watch = new UnscoredWatch();
  private readonly results: Counter;
  private readonly duplicates: Counter;
  private readonly late: Counter;
  private readonly commitSeconds: Histogram;

  /** @param nowMs monotonic, in ms */
  constructor(
    registry: Registry,
    private readonly nowMs: () => number,
  ) {
    const registers = [registry];
    const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
    this.results = counter('payday_scorer_results_total', 'Results that were scored');
    this.duplicates = counter('payday_scorer_duplicate_batches_total', 'Batches that had been scored before');
    this.late = counter(
      'payday_scorer_late_results_total',
      'Results that arrived after their window had closed and revised it',
    );
    this.refusedBatches = counter(
      'payday_scorer_refused_batches_total',
      'Batches that were sent to the dead letters',
    );
    this.unscored = new Counter({
      name: 'payday_scorer_unscored_results_total',
      help: "Results that were received but not scored: because of trouble on the prober's side, or because their batch was refused",
      labelNames: ['reason'],
      registers,
    });
    for (const reason of REASONS) this.unscored.inc({ reason }, 0);
    const { watch } = this;
    new Gauge({
      name: 'payday_scorer_unscored_share',
      help: "Share of the results of the last minute that was not scored because of trouble on the prober's side, 0 to 1",
      registers,
      collect() {
        this.set(watch.share(nowMs()));
      },
    });
    this.commitSeconds = new Histogram({
      name: 'payday_scorer_commit_seconds',
      help: 'Time from applying inputs to publishing what they changed',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
  }

  /** @returns a warning, at most once a minute across all partitions of the process; else null */
  committed(counters: ScoringCounters, durationUs: number): UnscoredWarning | null {
    const { results, unscored } = counters;
    const nowMs = this.nowMs();
    this.results.inc(results);
    this.unscored.inc({ reason: 'prober_error' }, unscored);
    if (results + unscored > 0) this.watch.add(results, unscored, nowMs);
    this.duplicates.inc(counters.duplicateBatches);
    this.late.inc(counters.late);
    this.commitSeconds.observe(durationUs / 1e6);
    return this.watch.warning(nowMs);
  }

  refused(batches: readonly RefusedBatch[]): void {
    this.refusedBatches.inc(batches.length);
    for (const { code, batch } of batches) this.unscored.inc({ reason: code }, batch.offsetMs.length);
  }
}

/** Registered from the start, so that a rate covers the first of them. */
const REASONS: readonly ('prober_error' | RefusedBatch['code'])[] = [
  'prober_error',
  'sealed',
  'unknown_service',
  'too_many_parked',
];
