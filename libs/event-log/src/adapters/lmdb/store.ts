import { topicMismatch, unknownTopic } from '../../errors.js';
import { GroupRegistry } from '../../dispatch/group-coordinator.js';
import type { LogStore, RoutedRecord } from '../../dispatch/log-store.js';
import type { Timers } from '../../dispatch/timers.js';
import type { Position, RecordPosition, StoredRecord, TopicSpec } from '../../port.js';
import { Appender, lastPosition } from './appender.js';
import { unavailable, type Database } from './folder.js';
import { TOPIC_RANGE, decodeTopic, encodeTopic, recordKey, topicKey, type TopicEntry } from './layout.js';
import { decodeRecord, encodeRecords, type Span } from './record-codec.js';
import { Wakeups } from './wakeups.js';

/** The log's topics and records in one LMDB file, shared by all logs that this process has open on its folder. */
export class LmdbStore implements LogStore {
  readonly groups = new GroupRegistry();
  private readonly topics = new Map<string, TopicEntry>();
  private readonly appender: Appender;
  private readonly wakeups: Wakeups;

  constructor(
    private readonly db: Database,
    private readonly folder: string,
    timers: Timers,
  ) {
    this.wakeups = new Wakeups(timers);
    this.appender = new Appender(db, folder, (topicId, partition) =>
      this.wakeups.notify(placeOf(topicId, partition)),
    );
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    const mismatch = await this.db
      .transaction(() => {
        const known = new Map(topics.map(({ topic }) => [topic, this.storedTopic(topic)]));
        for (const { topic, partitions } of topics) {
          const existing = known.get(topic);
          if (existing && existing.partitions !== partitions)
            return topicMismatch(topic, existing.partitions, partitions);
        }
        let nextId = this.db.getKeysCount(TOPIC_RANGE) + 1;
        for (const { topic, partitions } of topics) {
          if (known.get(topic)) continue;
          const entry = { id: nextId++, partitions };
          known.set(topic, entry);
          this.db.put(topicKey(topic), encodeTopic(entry));
        }
        return undefined;
      })
      .catch((error: unknown) => {
        throw unavailable(this.folder, error);
      });
    if (mismatch) throw mismatch;
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

  read(
    topic: string,
    partition: number,
    after: Position | null,
    { maxRecords, maxBytes }: { maxRecords: number; maxBytes: number },
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
      records.push(decodeRecord(span, partition, key as unknown as number));
      bytes += span.end - span.start;
      if (bytes >= maxBytes) break;
    }
    return records;
  }

  wait(topic: string, partition: number, after: Position | null, signal: AbortSignal): Promise<void> {
    const { id } = this.mustTopic(topic);
    // Positions have no gaps, so that one look-up says whether there is more.
    const next = recordKey(id, partition, Number(after ?? 0) + 1);
    return this.wakeups.wait(placeOf(id, partition), () => this.db.doesExist(next), signal);
  }

  /** Resolves when the appends made up to now have been carried out. */
  flushed(): Promise<void> {
    return this.appender.idle();
  }

  async close(): Promise<void> {
    await this.appender.close();
    await this.db.close();
  }

  private mustTopic(topic: string): TopicEntry {
    const entry = this.topicEntry(topic);
    if (!entry) throw unknownTopic(topic);
    return entry;
  }

  /** Topics are never changed or taken away, so what was once read stays true. */
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
