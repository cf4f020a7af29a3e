import type { EventRecord, Position, RecordPosition, StoredRecord, TopicSpec } from '../port.js';
import type { GroupRegistry } from './group-coordinator.js';

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
  /** Undefined if there is no such topic. */
  partitions(topic: string): number | undefined;
  /**
   * Resolves when the records are durable. Calls are carried out in the order in which they were made.
   * @param appendedAt epoch ms.
   */
  append(topic: string, records: readonly RoutedRecord[], appendedAt: number): Promise<RecordPosition[]>;
  /** Position of the partition's last record. */
  end(topic: string, partition: number): Position | null;
  /**
   * Records behind a position (null: from the first), in order: as many as there are, up to `maxRecords`, and up to
   * about `maxBytes`, but at least one if there is one. Their bytes stay valid and are the caller's alone.
   */
  read(
    topic: string,
    partition: number,
    after: Position | null,
    limits: { maxRecords: number; maxBytes: number },
  ): StoredRecord[];
  /** Resolves when there may be a record behind `after`, or when the signal aborts. */
  wait(topic: string, partition: number, after: Position | null, signal: AbortSignal): Promise<void>;
  /** Finishes the appends that were made and releases everything. */
  close(): Promise<void>;
}
