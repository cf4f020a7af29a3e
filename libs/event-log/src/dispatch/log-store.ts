import type { EventRecord, Position, RecordPosition, TopicSpec } from '../port.js';
import type { GroupRegistry } from './group-coordinator.js';
import type { PartitionReader } from './partition-loop.js';

/** A validated record and its partition. The store copies its bytes before `append` returns. */
export interface RoutedRecord {
  record: EventRecord;
  partition: number;
}

/**
 * The storage of a log without its own consumer groups; `StoreEventLog` turns it into an `EventLog`. A log with its own
 * clients and groups (Kafka) implements the port itself and uses `deliver`.
 */
export interface LogStore {
  /** The groups of the consumers in this process. */
  readonly groups: GroupRegistry;
  /** Creates all topics or none. @throws PaydayError `topic_mismatch`. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Undefined if there is no such topic. A promise only if the topic must be looked up remotely. */
  partitions(topic: string): number | undefined | Promise<number | undefined>;
  /**
   * Resolves when the records are durable. Calls take effect in call order.
   * @param appendedAt epoch ms.
   */
  append(topic: string, records: readonly RoutedRecord[], appendedAt: number): Promise<RecordPosition[]>;
  /** Position of the partition's last record. */
  end(topic: string, partition: number): Position | null | Promise<Position | null>;
  /**
   * A reader that begins after a position, or at the earliest or the next record. The bytes of its records stay valid and
   * belong to the caller.
   * @throws PaydayError `invalid_position`, `position_beyond_end`.
   */
  openReader(
    topic: string,
    partition: number,
    start: Position | 'earliest' | 'latest',
    limits: ReadLimits,
  ): PartitionReader | Promise<PartitionReader>;
  /** Finishes pending appends and releases all resources. */
  close(): Promise<void>;
}

/** A batch ends at `maxRecords` or at about `maxBytes`; it holds at least one record if there is one. */
export interface ReadLimits {
  maxRecords: number;
  maxBytes: number;
}
