import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { TOPICS } from '#contracts';
import type { Consumer, EventLog } from '#event-log';
import { EVENT_LOG, LOGGER, Readiness, type Logger } from '#runtime';
import { delay } from './delay.js';
import { PartitionWorkerFactory } from './partition-worker-factory.js';
import type { PartitionWorker } from './partition-worker.js';

/** How often `caughtUp` checks. */
const CAUGHT_UP_POLL_MS = 20;
/** How long after losing a partition a scorer joins its group again. */
const RENEW_AFTER_MS = 5_000;

/** Runs one worker for each partition that the log assigns to this process. */
@Injectable()
export class ScorerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly workers = new Map<number, PartitionWorker>();
  private consumer: Consumer | undefined;
  private partitions = 0;
  private joined = false;
  private stopping = false;
  private renewing: Promise<void> | undefined;

  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(PartitionWorkerFactory) private readonly factory: PartitionWorkerFactory,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Readiness) readiness: Readiness,
  ) {
    readiness.register('partitions', () => {
      if (!this.joined) throw new Error('this scorer has not joined the group of scorers yet');
      for (const worker of this.workers.values()) worker.assertWorking();
      // With more scorers than partitions, the others stand by and take over when one leaves.
      return `${this.workers.size} of ${this.partitions} are scored here`;
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    const partitions = await this.log.partitions(TOPICS.probeResults);
    this.partitions = partitions;
    await this.join();
  }

  /** Whether every partition of this process has committed the sealing of the game, so that its ledger is final. */
  hasSealed(gameId: string): boolean {
    return this.workers.size > 0 && [...this.workers.values()].every((worker) => worker.hasSealed(gameId));
  }

  /** Resolves when everything that is now in the log, in the partitions of this process, is scored and committed. */
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

  /** Commits what it has and hands its partitions over. Repeatable. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.consumer?.close();
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
  }

  /** Joins the group of scorers. Resolves when the log has assigned this process its partitions. */
  private async join(): Promise<void> {
    const { partitions } = this;
    this.consumer = this.log.consume({
      topic: TOPICS.probeResults,
      group: 'payday-scorer',
      startAt: async (partition) => {
        // A worker whose start has failed before.
        await this.workers.get(partition)?.stop();
        const worker = this.factory.create(partition, partitions, () => this.renew());
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
        if (!this.stopping) this.logger.warn({ err }, 'probe results are redelivered');
      },
    });
    await this.consumer.ready;
    this.joined = true;
  }

  /**
   * A worker whose commits are refused although the log assigns it the partition would leave the partition unscored: a former
   * owner claimed it late while shutting down. Leaving and rejoining the group settles the ownership.
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
    this.logger.warn('rejoining the group of scorers, because a partition was lost');
    this.joined = false;
    await this.consumer?.close();
    if (!this.stopping)
      await this.join().catch((err: unknown) =>
        this.logger.error({ err }, 'could not rejoin the group of scorers'),
      );
  }
}
