import { Counter, Histogram, type Registry } from 'prom-client';
import type { ScoringCounters } from '#scoring';

/** What operators watch of the scorer. */
export class ScorerMetrics {
  readonly refused: Counter;
  private readonly results: Counter;
  private readonly duplicates: Counter;
  private readonly late: Counter;
  private readonly commitSeconds: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
    this.results = counter('payday_scorer_results_total', 'Results that were scored');
    this.duplicates = counter('payday_scorer_duplicate_batches_total', 'Batches that had been scored before');
    this.late = counter(
      'payday_scorer_late_results_total',
      'Results that arrived after their window had closed, and revised it',
    );
    this.refused = counter('payday_scorer_refused_batches_total', 'Batches that went to the dead letters');
    this.commitSeconds = new Histogram({
      name: 'payday_scorer_commit_seconds',
      help: 'From applying inputs to having published what they changed',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
  }

  committed(counters: ScoringCounters, durationUs: number): void {
    this.results.inc(counters.results);
    this.duplicates.inc(counters.duplicateBatches);
    this.late.inc(counters.late);
    this.commitSeconds.observe(durationUs / 1e6);
  }
}
