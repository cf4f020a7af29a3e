/**
 * The event log: durable topics of keyed records, each split into partitions.
 *
 * Guarantees of every adapter (each line is a named test of the conformance suite):
 * - order per key: records of one key are read in the order of their append calls, and one append call keeps its
 *   array's order;
 * - durable when acknowledged: once `append` has resolved, the records survive a kill of every process and, where
 *   the medium can flush, a power cut;
 * - at least once: every record is delivered to a consumer of each group until `onBatch` has resolved for it; after a
 *   crash or a reassignment a consumer may see records again, but never skips any;
 * - replay: a consumer begins after the position of any record;
 * - one at a time: per partition, the next batch is delivered only when the handler of the last one has resolved
 *   (backpressure), while other partitions continue;
 * - poison: a record that the handler rejects with `PoisonRecordError` goes to the dead-letter topic with the reason,
 *   and its partition continues after it;
 * - groups: a partition has one reader of a group at a time, and moves only after that reader's handler and `onRevoked`
 *   have finished; members that join or leave lose nothing and stall no other partition.
 * Differences: `memory:` is not durable; groups of `lmdb:` and `kinesis:` span processes only with `leases`; `kinesis:`
 * and `kafka:` have retention. With leases, a member that is frozen or cut off beyond the end of its lease may still run
 * a handler when the next owner begins, so its writes must be fenced, as the scorer's checkpoint is.
 * Callers never branch on the adapter.
 *
 * Errors of every method: `log_closed` after `close`, `unknown_topic`, `log_unavailable` (retryable), and `log_refused`
 * if the log denies this user access.
 */
export interface EventLog {
  /** For logs and error messages, e.g. `lmdb`. */
  readonly adapter: string;
  /**
   * Creates topics that do not exist yet; repeating it is harmless.
   * @throws PaydayError `topic_mismatch` if one exists with another number of partitions (then none is created),
   * `invalid_topic`.
   */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Number of partitions. @throws PaydayError `unknown_topic`. */
  partitions(topic: string): Promise<number>;
  /**
   * Appends records, in order, each to the partition of its key. Resolves when all are durable; the result holds
   * each record's position. The caller may change the values as soon as the call has returned its promise.
   * Nothing is appended after `invalid_record` or `record_too_large`; after `log_unavailable` the records may or may
   * not be there (append again: consumers expect duplicates).
   * @throws PaydayError `unknown_topic`, `invalid_record`, `record_too_large`, `log_closed`, `log_unavailable` (retryable).
   */
  append(topic: string, records: readonly EventRecord[]): Promise<RecordPosition[]>;
  /** Starts a consumer. It runs until it is closed; transient errors are retried and reported to `onError`. */
  consume(options: ConsumeOptions): Consumer;
  /** Per partition, the position of the last record, or null if there is none. */
  endPositions(topic: string): Promise<(Position | null)[]>;
  /** Closes consumers (each finishes its running handler), flushes and releases everything. Repeatable. */
  close(): Promise<void>;
}

export interface TopicSpec {
  /** 1 to 128 letters, digits, dots, hyphens and underscores. */
  topic: string;
  /** 1 to 1024; fixed at creation, because keys are bound to partitions. */
  partitions: number;
}

/** Opaque; store it, pass it back, and compare it only by `comparePositions` and only within one partition. */
export type Position = string;

export interface EventRecord {
  /** Any well-formed Unicode text; 1 to 1024 UTF-8 bytes. */
  key: string;
  /** Any bytes, possibly none. Key, value and headers together: at most `MAX_RECORD_BYTES` (1 000 000). */
  value: Uint8Array;
  headers?: Record<string, string>;
}

export interface RecordPosition {
  partition: number;
  position: Position;
}

export interface StoredRecord extends EventRecord, RecordPosition {
  headers: Record<string, string>;
  /** When the log accepted it, epoch ms. */
  appendedAt: number;
}

export interface ConsumeOptions {
  topic: string;
  /** Members of one group share the partitions. Without a group the consumer reads every partition. */
  group?: string;
  /** Reads only these partitions. Not together with `group`. */
  partitions?: readonly number[];
  /**
   * Where to begin in a partition: after a position, or at the earliest or the next record. Called at each assignment,
   * and again after a pause if it rejects. A position beyond the end is refused (`position_beyond_end`): the log was
   * replaced, and reading on would skip records. So is a position after which retention has removed records
   * (`position_expired`).
   */
  startAt(partition: number): Promise<Position | 'earliest' | 'latest'> | Position | 'earliest' | 'latest';
  /** Called after the last batch of a partition was handled and before another member may read it; also when closing. */
  onRevoked?(partition: number): Promise<void> | void;
  /** Handles records of one partition, in order. Rejecting redelivers them after a pause; see `PoisonRecordError`. */
  onBatch(batch: RecordBatch): Promise<void>;
  /**
   * Where poison records go: keyed by the source topic, value and headers unchanged, with headers `dead_letter_topic`,
   * `_partition`, `_position`, `_key`, `_appended_at` and `_reason`. The other records of the batch are redelivered.
   * Default: poison is redelivered repeatedly and reported to `onError`.
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
  /** At least one. They belong to the handler and stay valid; values of one batch may share memory. */
  records: StoredRecord[];
}

export interface Consumer {
  /**
   * Resolves when the first assignment is being read (or the consumer was closed before): records appended from then on
   * are seen even from `latest`. Rejects if the consumer can never work: `unknown_topic`, `invalid_options`,
   * `invalid_position`, `position_beyond_end`, or any PaydayError of `startAt` that is not retryable.
   */
  readonly ready: Promise<void>;
  /**
   * Resolves when every record that lay in its partitions at the time of the call has been handled or dead-lettered.
   * A partition that began at `latest` counts as caught up until its first record, and so does one that was revoked.
   * @throws PaydayError `log_closed` if the consumer closes before, or the reason why `ready` rejected
   */
  caughtUp(): Promise<void>;
  /** Finishes the running handlers, then stops. Repeatable. A handler must not await it, because it awaits the handler. */
  close(): Promise<void>;
}
