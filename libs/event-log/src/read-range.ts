import { Deferred, PaydayError } from '#kernel';
import { positionBeyondEnd } from './errors.js';
import type { EventLog, Position, RecordBatch, StoredRecord } from './port.js';
import { comparePositions } from './positions.js';

/** The records of one partition after `from` (default: from the earliest) up to and including `to` (null: none). */
export interface PartitionRange {
  partition: number;
  from?: Position | 'earliest' | undefined;
  to: Position | null;
}

export interface ReadRangesOptions {
  topic: string;
  /** At most one for each partition. */
  ranges: readonly PartitionRange[];
  /** As in `ConsumeOptions`. */
  maxBatchRecords?: number;
}

/**
 * Reads a range of one partition, in order, and ends.
 * @throws PaydayError as `readRanges`
 */
export async function* readRange(
  log: EventLog,
  { topic, ...range }: PartitionRange & { topic: string },
): AsyncGenerator<StoredRecord, void, void> {
  for await (const { records } of readRanges(log, { topic, ranges: [range] })) yield* records;
}

/**
 * Reads ranges of several partitions, each in order, and ends. The next batch of a partition is read when its last one has
 * been processed. Transient errors are retried.
 * @throws PaydayError `position_beyond_end` if the log ends before a `to` or `from`, `position_expired`, `unknown_topic`,
 * and others that no retry resolves
 */
export async function* readRanges(
  log: EventLog,
  { topic, ranges, maxBatchRecords }: ReadRangesOptions,
): AsyncGenerator<RecordBatch, void, void> {
  const open = await openRanges(log, topic, ranges);
  if (open.size === 0) return;
  const starts = new Map(ranges.map(({ partition, from }) => [partition, from]));
  const queue: { batch: RecordBatch; done: Deferred }[] = [];
  let failure: { error: unknown } | undefined;
  let news = new Deferred();
  const fail = (error: unknown): void => {
    failure ??= { error };
    news.resolve();
  };
  const consumer = log.consume({
    topic,
    partitions: [...open.keys()],
    maxBatchRecords,
    startAt: (partition) => starts.get(partition) ?? 'earliest',
    onBatch: async (batch) => {
      if (!open.has(batch.partition)) return;
      const done = new Deferred();
      queue.push({ batch, done });
      news.resolve();
      await done.promise;
    },
    onError: (error) => {
      if (!(error instanceof PaydayError && error.retryable)) fail(error);
    },
  });
  consumer.ready.catch(fail);
  try {
    while (open.size > 0) {
      await news.promise;
      news = new Deferred();
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { batch, done } = next;
        try {
          const to = open.get(batch.partition)!;
          const records = batch.records.filter(({ position }) => comparePositions(position, to) <= 0);
          if (records.length > 0) yield { ...batch, records };
          if (comparePositions(batch.records.at(-1)!.position, to) >= 0) open.delete(batch.partition);
        } finally {
          done.resolve();
        }
      }
      if (failure !== undefined) throw failure.error;
    }
  } finally {
    open.clear();
    for (const { done } of queue) done.resolve();
    await consumer.close();
  }
}

/** The ranges that hold records, by partition, with their ends. */
async function openRanges(
  log: EventLog,
  topic: string,
  ranges: readonly PartitionRange[],
): Promise<Map<number, Position>> {
  const open = new Map<number, Position>();
  const ends = await log.endPositions(topic);
  for (const { partition, from = 'earliest', to } of ranges) {
    if (to === null || (from !== 'earliest' && comparePositions(from, to) >= 0)) continue;
    const end = ends[partition] ?? null;
    if (end === null || comparePositions(to, end) > 0) throw positionBeyondEnd(topic, partition, to, end);
    open.set(partition, to);
  }
  return open;
}
