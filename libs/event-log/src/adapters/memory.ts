import { topicMismatch, unknownTopic } from '../errors.js';
import { GroupRegistry } from '../dispatch/group-coordinator.js';
import type { LogStore, ReadLimits, RoutedRecord } from '../dispatch/log-store.js';
import type { PartitionReader } from '../dispatch/partition-loop.js';
import { seekingReader, type Seekable } from '../dispatch/seekable.js';
import { StoreEventLog, type LogDeps } from '../dispatch/store-log.js';
import type { EventLog, Position, RecordPosition, StoredRecord, TopicSpec } from '../port.js';

/**
 * The log in this process's memory, for tests and rehearsals: every guarantee except durability. Its records are gone
 * when it closes or the process ends, and no other process or log sees them.
 */
export function openMemoryLog(deps: LogDeps): EventLog {
  return new StoreEventLog('memory', new MemoryStore(), deps);
}

interface Partition {
  /** The record at index i has position i + 1. */
  records: StoredRecord[];
  waiting: Set<() => void>;
}

class MemoryStore implements LogStore, Seekable {
  readonly groups = new GroupRegistry();
  private readonly topics = new Map<string, Partition[]>();

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const { topic, partitions } of topics) {
      const existing = this.topics.get(topic);
      if (existing && existing.length !== partitions) throw topicMismatch(topic, existing.length, partitions);
    }
    for (const { topic, partitions } of topics)
      if (!this.topics.has(topic))
        this.topics.set(
          topic,
          Array.from({ length: partitions }, () => ({ records: [], waiting: new Set() })),
        );
  }

  partitions(topic: string): number | undefined {
    return this.topics.get(topic)?.length;
  }

  async append(
    topic: string,
    routed: readonly RoutedRecord[],
    appendedAt: number,
  ): Promise<RecordPosition[]> {
    return routed.map(({ record, partition }) => {
      const { records, waiting } = this.partition(topic, partition);
      const position = String(records.length + 1);
      const { key, value, headers = {} } = record;
      records.push(detached({ key, value, headers, partition, position, appendedAt }));
      for (const wake of waiting) wake();
      return { partition, position };
    });
  }

  end(topic: string, partition: number): Position | null {
    return this.partition(topic, partition).records.at(-1)?.position ?? null;
  }

  openReader(
    topic: string,
    partition: number,
    start: Position | 'earliest' | 'latest',
    limits: ReadLimits,
  ): PartitionReader {
    return seekingReader(this, topic, partition, start, limits);
  }

  read(
    topic: string,
    partition: number,
    after: Position | null,
    { maxRecords, maxBytes }: ReadLimits,
  ): StoredRecord[] {
    const { records } = this.partition(topic, partition);
    const batch: StoredRecord[] = [];
    let bytes = 0;
    for (
      let i = Number(after ?? 0);
      i < records.length && batch.length < maxRecords && bytes < maxBytes;
      i++
    ) {
      batch.push(detached(records[i]!));
      bytes += records[i]!.value.byteLength;
    }
    return batch;
  }

  wait(topic: string, partition: number, after: Position | null, signal: AbortSignal): Promise<void> {
    const { records, waiting } = this.partition(topic, partition);
    if (signal.aborted || records.length > Number(after ?? 0)) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  async close(): Promise<void> {
    this.topics.clear();
  }

  private partition(topic: string, partition: number): Partition {
    const found = this.topics.get(topic)?.[partition];
    if (!found) throw unknownTopic(topic);
    return found;
  }
}

/** A copy that shares no bytes, so that neither side sees the other's changes, as with any real medium. */
function detached(record: StoredRecord): StoredRecord {
  return { ...record, value: new Uint8Array(record.value), headers: { ...record.headers } };
}
