import type { EventRecord, Position, RecordPosition, TopicSpec } from '../port.js';
import type { GroupRegistry } from './group-coordinator.js';
import type { PartitionReader } from './partition-loop.js';

/** A record whose partition is known. It has been checked; the store takes its bytes before `append` returns. */
export interface RoutedRecord {
  record: EventRecord;
  partition: number;
}

/**
 * What a log that lives in or beside this process must offer; `StoreEventLog` makes an `EventLog` of it. A log whose
 * server has its own clients and groups (Kafka) implements the port itself and uses `deliver`.
 */
export interface LogStore {
  /** Who reads what, among the consumers of this process. */
  readonly groups: GroupRegistry;
  /** All or none. @throws PaydayError `topic_mismatch`. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Undefined if there is no such topic. A promise only where the topic must be looked up elsewhere first. */
  partitions(topic: string): number | undefined | Promise<number | undefined>;
  /**
   * Resolves when the records are durable. Calls are carried out in the order in which they were made.
   * @param appendedAt epoch ms.
   */
  append(topic: string, records: readonly RoutedRecord[], appendedAt: number): Promise<RecordPosition[]>;
  /** Position of the partition's last record. */
  end(topic: string, partition: number): Position | null | Promise<Position | null>;
  /**
   * A place to read from: behind a position, or at the earliest or the next record. Of what it reads the bytes stay valid
   * and are the caller's alone.
   * @throws PaydayError `invalid_position`, `position_beyond_end`.
   */
  openReader(
    topic: string,
    partition: number,
    start: Position | 'earliest' | 'latest',
    limits: ReadLimits,
  ): PartitionReader | Promise<PartitionReader>;
  /** Finishes the appends that were made and releases everything. */
  close(): Promise<void>;
}

/** A batch ends at `maxRecords`, or when it has about `maxBytes`; it holds at least one record if there is one. */
export interface ReadLimits {
  maxRecords: number;
  maxBytes: number;
}
