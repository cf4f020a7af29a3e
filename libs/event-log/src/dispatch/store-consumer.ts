import { PaydayError } from '#kernel';
import { invalidPosition, isPosition, comparePositions } from '../positions.js';
import { positionBeyondEnd, unknownTopic } from '../errors.js';
import type { ConsumeOptions, Consumer, EventRecord, Position } from '../port.js';
import type { GroupCoordinator, GroupMember } from './group-coordinator.js';
import type { LogStore } from './log-store.js';
import { PartitionLoop, type PartitionReader } from './partition-loop.js';
import { safeReporter } from './retry.js';
import type { Timers } from './timers.js';

const DEFAULT_BATCH_RECORDS = 1000;
/** A batch of large records ends here, so that a reader's memory is bounded. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

export interface StoreConsumerContext {
  store: LogStore;
  timers: Timers;
  appendDeadLetter(topic: string, record: EventRecord): Promise<unknown>;
  onClosed(consumer: StoreConsumer): void;
}

/** A consumer over a `LogStore`: one loop for each partition that its group gives it. */
export class StoreConsumer implements Consumer, GroupMember {
  readonly ready: Promise<void>;
  private readonly loops = new Map<number, PartitionLoop>();
  private readonly report: (error: unknown) => void;
  private coordinator: GroupCoordinator | undefined;
  private closing: Promise<void> | undefined;
  private isReady = false;
  private becomeReady!: () => void;
  private failReady!: (error: unknown) => void;

  constructor(
    private readonly context: StoreConsumerContext,
    private readonly options: ConsumeOptions,
  ) {
    this.report = safeReporter(options.onError);
    this.ready = new Promise((resolve, reject) => {
      this.becomeReady = resolve;
      this.failReady = reject;
    });
    // A caller that does not ask for `ready` learns of trouble by `onError`; it must not take the process down.
    this.ready.catch(this.report);
    // Not at once: the caller's functions may refer to the consumer that it has not got yet.
    queueMicrotask(() => this.start());
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  assign(partition: number): void {
    const { topic } = this.options;
    const loop = new PartitionLoop(
      {
        topic,
        partition,
        options: this.options,
        timers: this.context.timers,
        report: this.report,
        appendDeadLetter: this.context.appendDeadLetter,
      },
      {
        startAt: () => this.options.startAt(partition),
        openReader: (start) => this.openReader(partition, start),
        onStarted: () => this.planned(),
        givesUp: (error) => this.failsStart(error),
      },
    );
    this.loops.set(partition, loop);
  }

  async revoke(partition: number): Promise<void> {
    await this.loops.get(partition)?.stop();
    try {
      await this.options.onRevoked?.(partition);
    } catch (error) {
      this.report(error);
    }
    this.loops.delete(partition);
  }

  /** Ready once everything that the plan gives to this member is being read. */
  planned(): void {
    if (this.isReady || !this.coordinator || this.closing) return;
    if (!this.coordinator.planOf(this).every((partition) => this.loops.get(partition)?.started)) return;
    this.isReady = true;
    this.becomeReady();
  }

  private start(): void {
    if (this.closing) return;
    const { store } = this.context;
    const { topic, group } = this.options;
    try {
      const partitions = checkedPartitions(store, this.options);
      this.coordinator = store.groups.coordinator(topic, group, partitions);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.coordinator.join(this);
  }

  private async shutDown(): Promise<void> {
    await this.coordinator?.leave(this);
    this.becomeReady();
    this.context.onClosed(this);
  }

  private fail(error: unknown): void {
    this.failReady(error);
    void this.close();
  }

  /** Before it was ever ready, what cannot succeed without a change ends the consumer, where the caller can see it. */
  private failsStart(error: unknown): boolean {
    if (this.isReady || !(error instanceof PaydayError) || error.retryable) return false;
    this.fail(error);
    return true;
  }

  private openReader(partition: number, start: Position | 'earliest' | 'latest'): PartitionReader {
    const { store } = this.context;
    const { topic, maxBatchRecords } = this.options;
    const limits = { maxRecords: maxBatchRecords ?? DEFAULT_BATCH_RECORDS, maxBytes: MAX_BATCH_BYTES };
    let after = resolveStart(store, topic, partition, start);
    return {
      read: () => {
        const records = store.read(topic, partition, after, limits);
        after = records.at(-1)?.position ?? after;
        return records;
      },
      wait: (signal) => store.wait(topic, partition, after, signal),
    };
  }
}

/** The number of the topic's partitions. @throws PaydayError for options with which a consumer could never work. */
function checkedPartitions(store: LogStore, options: ConsumeOptions): number {
  const { topic, deadLetterTopic, maxBatchRecords } = options;
  if (maxBatchRecords !== undefined && (!Number.isInteger(maxBatchRecords) || maxBatchRecords < 1))
    throw new PaydayError('invalid_options', `maxBatchRecords is ${maxBatchRecords}; give an integer ≥ 1`);
  const partitions = store.partitions(topic);
  if (partitions === undefined) throw unknownTopic(topic);
  if (deadLetterTopic === topic)
    throw new PaydayError(
      'invalid_options',
      `the dead letters of "${topic}" cannot go to that same topic: its consumer would read its own poison for ever`,
    );
  if (deadLetterTopic !== undefined && store.partitions(deadLetterTopic) === undefined)
    throw unknownTopic(deadLetterTopic);
  return partitions;
}

/** The position behind which reading begins; null for the very first record. */
function resolveStart(
  store: LogStore,
  topic: string,
  partition: number,
  start: Position | 'earliest' | 'latest',
): Position | null {
  if (start === 'earliest') return null;
  const end = store.end(topic, partition);
  if (start === 'latest') return end;
  if (typeof start !== 'string' || !isPosition(start)) throw invalidPosition(start);
  if (end === null || comparePositions(start, end) > 0) throw positionBeyondEnd(topic, partition, start, end);
  return start;
}
