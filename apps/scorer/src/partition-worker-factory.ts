import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { EventLog } from '#event-log';
import type { Clock } from '#kernel';
import { ScorerStore } from '#persistence';
import { CLOCK, DATA_SOURCE, EVENT_LOG, LOGGER, type Logger } from '#runtime';
import { delay } from './delay.js';
import { PartitionScorer } from './partition-scorer.js';
import { PartitionWorker } from './partition-worker.js';
import { ScorerMetrics } from './scorer-metrics.js';

/** A prober that sends nothing for this long no longer holds windows open. */
const LEASE_MS = 15_000;

/** Makes the workers of partitions. */
@Injectable()
export class PartitionWorkerFactory {
  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ScorerMetrics) private readonly metrics: ScorerMetrics,
  ) {}

  /**
   * A worker with database connections of its own, not started.
   * @param partitions total number of partitions
   * @param onFailed as in `PartitionWorkerOptions`
   */
  create(partition: number, partitions: number, onFailed: () => void): PartitionWorker {
    const { log, clock, logger, metrics } = this;
    const store = new ScorerStore(this.dataSource);
    const scorer = new PartitionScorer({
      ...{ partition, partitions, store, log, clock, logger, metrics, delay },
      leaseMs: LEASE_MS,
    });
    const close = (): Promise<void> => store.close();
    return new PartitionWorker({ partition, scorer, log, logger, delay, close, onFailed });
  }
}
