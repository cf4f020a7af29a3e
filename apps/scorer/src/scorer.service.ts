import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { TOPICS } from '#contracts';
import type { Consumer, EventLog } from '#event-log';
import type { Clock } from '#kernel';
import { ScorerStore } from '#persistence';
import { CLOCK, DATA_SOURCE, EVENT_LOG, LOGGER, METRICS, Readiness, type Logger } from '#runtime';
import { PartitionScorer } from './partition-scorer.js';
import { PartitionWorker } from './partition-worker.js';
import { ScorerMetrics } from './scorer-metrics.js';

/** A prober that says nothing for this long no longer holds windows open. */
const LEASE_MS = 15_000;
/** How often somebody who waits for the scorer looks whether it has caught up. */
const CAUGHT_UP_POLL_MS = 20;
/** How long after one of its partitions had to be given up a scorer asks for its share anew. */
const RENEW_AFTER_MS = 5_000;

/** Runs one worker for each partition that the log assigns to this process. */
@Injectable()
export class ScorerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly workers = new Map<number, PartitionWorker>();
  private readonly metrics: ScorerMetrics;
  private consumer: Consumer | undefined;
  private partitions = 0;
  private joined = false;
  private stopping = false;
  private renewing: Promise<void> | undefined;

  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) registry: Registry,
    @Inject(Readiness) readiness: Readiness,
  ) {
    this.metrics = new ScorerMetrics(registry, () => clock.monotonicMs());
    readiness.register('partitions', () => {
      if (!this.joined) throw new Error('this scorer has not joined the group of scorers yet');
      for (const worker of this.workers.values()) worker.assertWorking();
      // More scorers than partitions: the others stand by, and take over when one goes.
      return `${this.workers.size} of ${this.partitions} are scored here`;
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    const partitions = await this.log.partitions(TOPICS.probeResults);
    this.partitions = partitions;
    await this.join();
  }

  /** Whether every partition of this process has committed the sealing of the game: its ledger is final. */
  hasSealed(gameId: string): boolean {
    return this.workers.size > 0 && [...this.workers.values()].every((worker) => worker.hasSealed(gameId));
  }

  /** Resolves when everything that is in the log now, in the partitions of this process, is scored and committed. */
  async caughtUp(): Promise<void> {
    const ends = await this.log.endPositions(TOPICS.probeResults);
    const isBehind = (worker: PartitionWorker, partition: number): boolean => {
      const end = ends[partition] ?? null;
      return end !== null && !worker.hasScored(end);
    };
    while (!this.stopping && [...this.workers].some(([partition, worker]) => isBehind(worker, partition)))
      await delay(CAUGHT_UP_POLL_MS);
  }

  onApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /** Commits what it has and gives its partitions to others. Repeatable. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.consumer?.close();
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
  }

  /** Asks the log for its share of the partitions. Resolves when it has it. */
  private async join(): Promise<void> {
    const { partitions } = this;
    this.consumer = this.log.consume({
      topic: TOPICS.probeResults,
      group: 'payday-scorer',
      startAt: async (partition) => {
        // One whose start has failed before.
        await this.workers.get(partition)?.stop();
        const worker = this.newWorker(partition, partitions);
        this.workers.set(partition, worker);
        return (await worker.start()) ?? 'earliest';
      },
      onRevoked: async (partition) => {
        const worker = this.workers.get(partition);
        this.workers.delete(partition);
        await worker?.stop();
      },
      onBatch: async ({ partition, records }) => this.workers.get(partition)!.takeResults(records),
      onError: (err) => {
        if (!this.stopping) this.logger.warn({ err }, 'probe results are delivered again');
      },
    });
    await this.consumer.ready;
    this.joined = true;
  }

  /**
   * A worker that was refused its commits although the log gives it the partition would leave it unscored: somebody who has
   * lost it claimed it late, while he was on his way out. Leaving and joining again settles who has what.
   */
  private renew(): void {
    this.renewing ??= this.rejoin().finally(() => {
      this.renewing = undefined;
      if (this.isBroken && !this.stopping) this.renew();
    });
  }

  private get isBroken(): boolean {
    return [...this.workers.values()].some((worker) => worker.hasFailed);
  }

  private async rejoin(): Promise<void> {
    await delay(RENEW_AFTER_MS);
    if (this.stopping || !this.isBroken) return;
    this.logger.warn('asking for partitions anew, because one of them had to be given up');
    this.joined = false;
    await this.consumer?.close();
    if (!this.stopping)
      await this.join().catch((err: unknown) => this.logger.error({ err }, 'could not join again'));
  }

  private newWorker(partition: number, partitions: number): PartitionWorker {
    const store = new ScorerStore(this.dataSource);
    const { log, clock, logger, metrics } = this;
    const scorer = new PartitionScorer({
      partition,
      partitions,
      store,
      log,
      clock,
      logger,
      metrics,
      leaseMs: LEASE_MS,
      delay,
    });
    const onFailed = (): void => this.renew();
    return new PartitionWorker({
      partition,
      scorer,
      log,
      logger,
      delay,
      close: () => store.close(),
      onFailed,
    });
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
