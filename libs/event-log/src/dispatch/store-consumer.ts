import { Deferred, PaydayError, retryUntil, type Timers } from '#kernel';
import { unknownTopic } from '../errors.js';
import type { ConsumeOptions, Consumer, EventRecord, Position } from '../port.js';
import { assertConsumeOptions } from '../records.js';
import { safeReporter } from './delivery.js';
import type { Group, GroupMember } from './group.js';
import { leaseEnded } from './leased-group.js';
import type { LogStore, ReadLimits } from './log-store.js';
import { PartitionLoop } from './partition-loop.js';
import { Progress } from './progress.js';

const DEFAULT_BATCH_RECORDS = 1000;
/** Size limit of a batch, which bounds a reader's memory. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

export interface StoreConsumerContext {
  store: LogStore;
  timers: Timers;
  /** The group that shares the topic's partitions; a new one for a consumer that reads all of them. */
  groupOf(options: ConsumeOptions, partitions: number, report: (error: unknown) => void): Group;
  appendDeadLetter(topic: string, record: EventRecord): Promise<unknown>;
  endPositions(topic: string): Promise<(Position | null)[]>;
  onClosed(consumer: StoreConsumer): void;
}

/** A consumer over a `LogStore`: one loop for each assigned partition. */
export class StoreConsumer implements Consumer, GroupMember {
  private readonly reading = new Deferred();
  readonly ready = this.reading.promise;
  private readonly loops = new Map<number, PartitionLoop>();
  private readonly progress = new Progress();
  private readonly report: (error: unknown) => void;
  private readonly starting = new AbortController();
  private group: Group | undefined;
  private closing: Promise<void> | undefined;
  private isReady = false;

  constructor(
    private readonly context: StoreConsumerContext,
    private readonly options: ConsumeOptions,
  ) {
    this.report = safeReporter(options.onError);
    // A caller that ignores `ready` gets the error through `onError`; the rejection must not crash the process.
    this.ready.catch(this.report);
    // Deferred: the caller's functions may refer to the consumer before `consume` has returned it.
    queueMicrotask(() => void this.start());
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  async caughtUp(): Promise<void> {
    await this.ready;
    const { timers, endPositions } = this.context;
    const policy = { timers, signal: this.starting.signal, report: this.report };
    await this.progress.caughtUp(policy, () => endPositions(this.options.topic));
  }

  assign(partition: number, holds: () => boolean): void {
    const { topic, group = '' } = this.options;
    if (!this.reads(partition)) return;
    const options: ConsumeOptions = {
      ...this.options,
      onBatch: async (batch) => {
        // Rejects, so that the loss is reported; the group revokes the partition, which ends the retries.
        if (!holds()) throw leaseEnded(topic, group, partition);
        return this.options.onBatch(batch);
      },
    };
    const loop = new PartitionLoop(
      {
        topic,
        partition,
        options,
        timers: this.context.timers,
        report: this.report,
        appendDeadLetter: this.context.appendDeadLetter,
      },
      {
        startAt: () => this.options.startAt(partition),
        openReader: (start) => this.context.store.openReader(topic, partition, start, this.limits),
        onStarted: (start) => {
          this.progress.begin(partition, start);
          this.planned();
        },
        onHandled: (records) => this.progress.handled(partition, records),
        shouldRelease: (error) => this.failsStart(error),
      },
    );
    this.loops.set(partition, loop);
  }

  async revoke(partition: number): Promise<void> {
    if (!this.reads(partition)) return;
    await this.loops.get(partition)?.stop();
    this.progress.drop(partition);
    try {
      await this.options.onRevoked?.(partition);
    } catch (error) {
      this.report(error);
    }
    this.loops.delete(partition);
  }

  /** Resolves `ready` once every partition planned for this member is being read. */
  planned(): void {
    if (this.isReady || !this.group || this.closing) return;
    const planned = this.group.planOf(this).filter((partition) => this.reads(partition));
    if (!planned.every((partition) => this.loops.get(partition)?.started)) return;
    this.isReady = true;
    this.reading.resolve();
  }

  private async start(): Promise<void> {
    const { signal } = this.starting;
    const { timers } = this.context;
    const partitions = await retryUntil({ timers, signal, report: this.report }, async () => {
      try {
        return await checkedPartitions(this.context.store, this.options);
      } catch (error) {
        if (this.failsStart(error)) return undefined;
        throw error;
      }
    });
    if (partitions === undefined || this.closing) return;
    this.group = this.context.groupOf(this.options, partitions, this.report);
    this.group.join(this);
  }

  private async shutDown(): Promise<void> {
    this.starting.abort();
    this.progress.close();
    await this.group?.leave(this);
    this.reading.resolve();
    this.context.onClosed(this);
  }

  private reads(partition: number): boolean {
    return this.options.partitions?.includes(partition) ?? true;
  }

  private fail(error: unknown): void {
    this.reading.reject(error);
    void this.close();
  }

  /** Before the consumer was ever ready, a permanent error ends it and rejects `ready`, where the caller sees it. */
  private failsStart(error: unknown): boolean {
    if (this.isReady || !(error instanceof PaydayError) || error.retryable) return false;
    this.fail(error);
    return true;
  }

  private get limits(): ReadLimits {
    return { maxRecords: this.options.maxBatchRecords ?? DEFAULT_BATCH_RECORDS, maxBytes: MAX_BATCH_BYTES };
  }
}

/** The number of the topic's partitions. @throws PaydayError for options with which a consumer could never work. */
async function checkedPartitions(store: LogStore, options: ConsumeOptions): Promise<number> {
  const { topic, deadLetterTopic } = options;
  assertConsumeOptions(options);
  const partitions = await store.partitions(topic);
  if (partitions === undefined) throw unknownTopic(topic);
  if (deadLetterTopic !== undefined && (await store.partitions(deadLetterTopic)) === undefined)
    throw unknownTopic(deadLetterTopic);
  return partitions;
}
