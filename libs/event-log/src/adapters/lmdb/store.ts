import { PaydayError, type Timers } from '#kernel';
import { topicMismatch, unknownTopic } from '../../errors.js';
import { GroupRegistry } from '../../dispatch/group-coordinator.js';
import type { LogStore, ReadLimits, RoutedRecord } from '../../dispatch/log-store.js';
import type { PartitionReader } from '../../dispatch/partition-loop.js';
import { seekingReader, type Seekable } from '../../dispatch/seekable.js';
import type { Position, RecordPosition, StoredRecord, TopicSpec } from '../../port.js';
import { Appender } from './appender.js';
import { unavailable, type Database } from './folder.js';
import { TOPIC_RANGE, decodeTopic, encodeTopic, recordKey, topicKey, type TopicEntry } from './layout.js';
import { decodeRecord, encodeRecords, type Span } from '../../record-codec.js';
import { lastPosition } from './tail-follower.js';
import { Wakeups } from './wakeups.js';

/** The topics and records in one LMDB file, shared by all logs that this process has open on the folder. */
export class LmdbStore implements LogStore, Seekable {
  readonly groups = new GroupRegistry();
  private readonly topics = new Map<string, TopicEntry>();
  private readonly db: Database;
  private readonly appender: Appender;
  private readonly wakeups: Wakeups;

  constructor(
    { db, ifExists }: { db: Database; ifExists: number },
    private readonly folder: string,
    timers: Timers,
  ) {
    this.db = db;
    this.wakeups = new Wakeups(timers);
    this.appender = new Appender(db, ifExists, folder, (topicId, partition) =>
      this.wakeups.notify(placeOf(topicId, partition)),
    );
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    // Topics are created once in a log's life, so blocking the event loop for this flush is acceptable; the flush must
    // not wait for the event loop, though (see Appender). Usually all topics exist.
    const missing = this.missing(topics);
    if (missing.length === 0) return;
    try {
      this.db.transactionSync(() => {
        let nextId = this.db.getKeysCount(TOPIC_RANGE) + 1;
        for (const { topic, partitions } of this.missing(topics))
          void this.db.put(topicKey(topic), encodeTopic({ id: nextId++, partitions }));
      });
    } catch (error) {
      throw error instanceof PaydayError ? error : unavailable(this.folder, error);
    }
  }

  partitions(topic: string): number | undefined {
    return this.topicEntry(topic)?.partitions;
  }

  append(topic: string, routed: readonly RoutedRecord[], appendedAt: number): Promise<RecordPosition[]> {
    return this.appender.append({
      topicId: this.mustTopic(topic).id,
      values: encodeRecords(
        routed.map(({ record }) => record),
        appendedAt,
      ),
      partitions: routed.map(({ partition }) => partition),
    });
  }

  end(topic: string, partition: number): Position | null {
    const last = lastPosition(this.db, this.mustTopic(topic).id, partition);
    return last === 0 ? null : String(last);
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
    const { id } = this.mustTopic(topic);
    const range = this.db.getRange({
      start: recordKey(id, partition, Number(after ?? 0) + 1),
      end: recordKey(id, partition, Number.MAX_SAFE_INTEGER),
      limit: maxRecords,
    });
    const records: StoredRecord[] = [];
    let bytes = 0;
    for (const { key, value } of range) {
      const span = value as Span;
      records.push(decodeRecord(span, partition, String(key)));
      bytes += span.end - span.start;
      if (bytes >= maxBytes) break;
    }
    return records;
  }

  wait(topic: string, partition: number, after: Position | null, signal: AbortSignal): Promise<void> {
    const { id } = this.mustTopic(topic);
    // Positions have no gaps, so one look-up tells whether there is more.
    const next = recordKey(id, partition, Number(after ?? 0) + 1);
    return this.wakeups.wait(placeOf(id, partition), () => this.db.doesExist(next), signal);
  }

  /** Resolves when all appends made so far are complete. */
  flushed(): Promise<void> {
    return this.appender.idle();
  }

  /**
   * Blocks until the commit in progress, if any, is written: lmdb-js closes its file when the process exits, even while
   * a thread is still writing. Appends that have not begun are lost; they were never acknowledged.
   */
  finishAtExit(): void {
    try {
      this.db.transactionSync(() => {});
    } catch {
      // The process ends in any case, and the file survives a crash at any moment.
    }
  }

  async close(): Promise<void> {
    await this.appender.close();
    await this.db.close();
  }

  /** @throws PaydayError `topic_mismatch`. */
  private missing(topics: readonly TopicSpec[]): TopicSpec[] {
    return topics.filter(({ topic, partitions }, i) => {
      const existing = this.storedTopic(topic);
      if (existing && existing.partitions !== partitions)
        throw topicMismatch(topic, existing.partitions, partitions);
      return !existing && topics.findIndex((other) => other.topic === topic) === i;
    });
  }

  private mustTopic(topic: string): TopicEntry {
    const entry = this.topicEntry(topic);
    if (!entry) throw unknownTopic(topic);
    return entry;
  }

  /** Topics never change and are never removed, so a cached entry stays valid. */
  private topicEntry(topic: string): TopicEntry | undefined {
    const known = this.topics.get(topic);
    if (known) return known;
    const entry = this.storedTopic(topic);
    if (entry) this.topics.set(topic, entry);
    return entry;
  }

  private storedTopic(topic: string): TopicEntry | undefined {
    const stored = this.db.getBinary(topicKey(topic));
    return stored && decodeTopic(stored);
  }
}

function placeOf(topicId: number, partition: number): string {
  return `${topicId}/${partition}`;
}
