/**
 * The event log: durable topics of keyed records, each split into partitions.
 *
 * What every adapter promises (each line is a named test of the conformance suite):
 * - order per key: records of one key are read in the order in which their appends were called, and one append
 *   call keeps its array's order;
 * - durable when acknowledged: once `append` has resolved, the records survive a kill of every process and, where
 *   the medium can flush, a power cut;
 * - at least once: every record is handed to a consumer of each group until `onBatch` resolved for it; after a crash
 *   or a reassignment a consumer may see records again, never skip any;
 * - replay: a consumer begins behind any position that a record ever had;
 * - one at a time: per partition, the next batch is handed over only when the last one's handler has resolved
 *   (backpressure), while other partitions go on;
 * - poison: a record that the handler rejects by `PoisonRecordError` goes to the dead-letter topic with the reason,
 *   and its partition goes on behind it;
 * - groups: a partition has one reader of a group at a time, and moves only after that one's handler and `onRevoked`
 *   have finished; members that join or leave lose nothing and stall no other partition.
 * What differs: `memory:` keeps nothing beyond its own life; `lmdb:` and `kinesis:` know the group members of other
 * processes only if they were opened with `leases`; `kinesis:` and `kafka:` keep records for a time, and Kinesis refuses a
 * position whose record is gone by `position_trimmed`. With leases a member that is frozen or cut off beyond the end of its lease may still be in a
 * handler when the next one begins: what it writes must be fenced, as the scorer's checkpoint is.
 * Callers never branch on which adapter they got.
 *
 * Errors of every method: `log_closed` after `close`, `unknown_topic`, `log_unavailable` (retryable), and `log_refused`
 * where the log is there, but does not let this user in.
 */
export interface EventLog {
  /** For logs and error messages, e.g. `lmdb`. */
  readonly adapter: string;
  /**
   * Makes topics that do not exist yet; repeating it is harmless.
   * @throws PaydayError `topic_mismatch` if one exists with another number of partitions (then none is made),
   * `invalid_topic`.
   */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Number of partitions. @throws PaydayError `unknown_topic`. */
  partitions(topic: string): Promise<number>;
  /**
   * Appends records, in order, each to the partition of its key. Resolves when all are durable; the result holds
   * each record's position. The values may be changed as soon as the call has returned its promise.
   * Nothing is appended after `invalid_record` or `record_too_large`; after `log_unavailable` the records may or may
   * not be there (append again: consumers expect duplicates).
   * @throws PaydayError `unknown_topic`, `invalid_record`, `record_too_large`, `log_closed`, `log_unavailable` (retryable).
   */
  append(topic: string, records: readonly EventRecord[]): Promise<RecordPosition[]>;
  /** Starts a consumer. It runs until it is closed; transient trouble is retried, with `onError` told. */
  consume(options: ConsumeOptions): Consumer;
  /** Per partition, the position of the last record, or null where there is none. */
  endPositions(topic: string): Promise<(Position | null)[]>;
  /** Closes consumers (each finishes its running handler), flushes and releases everything. Repeatable. */
  close(): Promise<void>;
}

export interface TopicSpec {
  /** 1 to 128 letters, digits, dots, hyphens and underscores. */
  topic: string;
  /** 1 to 1024; fixed for ever, because keys are bound to partitions. */
  partitions: number;
}

/** Opaque; store it, pass it back, and compare it only by `comparePositions` and only within one partition. */
export type Position = string;

export interface EventRecord {
  /** Any well-formed text, also unicode; 1 to 1024 UTF-8 bytes. */
  key: string;
  /** Any bytes, also none. Key, value and headers together: at most `MAX_RECORD_BYTES` (1 000 000). */
  value: Uint8Array;
  headers?: Record<string, string>;
}

export interface RecordPosition {
  partition: number;
  position: Position;
}

export interface StoredRecord extends EventRecord, RecordPosition {
  headers: Record<string, string>;
  /** When the log took it, epoch ms. */
  appendedAt: number;
}

export interface ConsumeOptions {
  topic: string;
  /** Members of one group share the partitions. Without a group the consumer reads every partition. */
  group?: string;
  /**
   * Where to begin in a partition: behind a position, or at the earliest or the next record. Asked at each assignment,
   * and again after a pause if it rejects. A position that the partition never had is refused (`position_beyond_end`):
   * the log was replaced, and reading on would skip records. So is one behind which records have been removed by
   * the medium's retention (`position_expired`).
   */
  startAt(partition: number): Promise<Position | 'earliest' | 'latest'> | Position | 'earliest' | 'latest';
  /** Called after the last batch of a partition was handled and before another member may get it; also when closing. */
  onRevoked?(partition: number): Promise<void> | void;
  /** Handles records of one partition, in order. Rejecting redelivers them after a pause; see `PoisonRecordError`. */
  onBatch(batch: RecordBatch): Promise<void>;
  /**
   * Where poison records go: keyed by the source topic, value and headers unchanged, with headers `dead_letter_topic`,
   * `_partition`, `_position`, `_key`, `_appended_at` and `_reason`. The other records of the batch are handed again.
   * Default: poison is handed again and again, and `onError` is told.
   */
  deadLetterTopic?: string;
  /** ≥ 1, default 1000. Batches of large records are smaller: they end at about 4 MiB. */
  maxBatchRecords?: number;
  /** Called for every retry, for each poison record, and with the reason why `ready` rejected. */
  onError?(error: unknown): void;
}

export interface RecordBatch {
  topic: string;
  partition: number;
  /** At least one. They are the handler's alone and stay valid; values of one batch may share memory. */
  records: StoredRecord[];
}

export interface Consumer {
  /**
   * Resolves when the first assignment is being read (or the consumer was closed before): what is appended from then
   * on is seen even from `latest`. Rejects if the consumer can never work: `unknown_topic`, `invalid_options`,
   * `invalid_position`, `position_beyond_end`, or any PaydayError of `startAt` that is not retryable.
   */
  readonly ready: Promise<void>;
  /** Finishes the running handlers, then stops. Repeatable. A handler must not wait for it: it waits for the handler. */
  close(): Promise<void>;
}
