import { partitionOf } from '#kernel';
import type { LogDeps } from '../dispatch/store-log.js';
import { closedConsumer, logClosed } from '../errors.js';
import type {
  ConsumeOptions,
  Consumer,
  EventLog,
  EventRecord,
  Position,
  RecordPosition,
  TopicSpec,
} from '../port.js';
import { DEAD_LETTER_HEADROOM_BYTES, MAX_RECORD_BYTES, assertRecord, assertTopicSpecs } from '../records.js';
import { Appender } from './kafka/appender.js';
import { KafkaConsumer } from './kafka/consumer.js';
import { toPaydayError } from './kafka/errors.js';
import { toWire } from './kafka/record-codec.js';
import { kafkaSettings, type KafkaSettings } from './kafka/settings.js';
import { Topics } from './kafka/topics.js';
import { Wire } from './kafka/wire.js';

/**
 * The log in an Apache Kafka cluster (docs/adr/0012-kafka-on-the-wire-layer.md, docs/kafka.md).
 *
 * - Durable: an append resolves when every in-sync copy has the records (acks −1).
 * - Positions are offsets. Group members track what they have handled (`startAt`); nothing is committed to the brokers.
 * - Groups are Kafka's own consumer groups: members in any process on any machine share the partitions.
 * - Retention removes records: reading behind an expired position is refused with `position_expired`.
 *
 * @param rest the URL without `kafka:`.
 * @throws PaydayError `invalid_log_url`, `log_unavailable` (retryable), `log_refused`.
 */
export async function openKafkaLog(rest: string, deps: LogDeps): Promise<EventLog> {
  const log = new KafkaLog(kafkaSettings(rest, deps.kafka), deps);
  await log.connect();
  return log;
}

class KafkaLog implements EventLog {
  readonly adapter = 'kafka';
  private readonly consumers = new Set<KafkaConsumer>();
  /** Running first look-ups of topics. Appends in the meantime wait for the same look-up, so they keep their order. */
  private readonly looks = new Map<string, { waiting: number; partitions: Promise<number> }>();
  private readonly appends = new Set<Promise<unknown>>();
  private readonly wires: { query: Wire; append: Wire };
  private readonly topics: Topics;
  private readonly appender: Appender;
  private closing: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly deps: LogDeps,
  ) {
    const { timers, clock } = deps;
    this.wires = { query: new Wire(settings, timers), append: new Wire(settings, timers) };
    this.topics = new Topics(this.wires.query, settings, timers);
    this.appender = new Appender(this.wires.append, timers, clock);
  }

  async connect(): Promise<void> {
    try {
      await this.wires.query.sendRequest(async () => {});
    } catch (error) {
      this.wires.query.close();
      throw toPaydayError(error);
    }
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.assertOpen();
    assertTopicSpecs(topics);
    await this.topics.create(topics);
  }

  async partitions(topic: string): Promise<number> {
    this.assertOpen();
    return this.topics.partitions(topic);
  }

  append(topic: string, records: readonly EventRecord[]): Promise<RecordPosition[]> {
    return this.route(topic, records, MAX_RECORD_BYTES);
  }

  consume(options: ConsumeOptions): Consumer {
    if (this.closing) return closedConsumer();
    const { timers, clock } = this.deps;
    const consumer = new KafkaConsumer(
      {
        settings: this.settings,
        topics: this.topics,
        timers,
        clock,
        appendDeadLetter: (topic, record) =>
          this.route(topic, [record], MAX_RECORD_BYTES + DEAD_LETTER_HEADROOM_BYTES),
        endPositions: (topic) => this.endPositions(topic),
        onClosed: (closed) => this.consumers.delete(closed),
      },
      options,
    );
    this.consumers.add(consumer);
    return consumer;
  }

  async endPositions(topic: string): Promise<(Position | null)[]> {
    this.assertOpen();
    const ranges = await this.topics.offsets(topic);
    return ranges.map(({ earliest, next }) => (next > earliest ? String(next - 1n) : null));
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  /** Handlers may append while they finish, so the connections close last. */
  private async shutDown(): Promise<void> {
    await Promise.all([...this.consumers].map((consumer) => consumer.close()));
    this.isClosed = true;
    await Promise.allSettled(this.appends);
    this.wires.query.close();
    this.wires.append.close();
  }

  private route(topic: string, records: readonly EventRecord[], maxBytes: number): Promise<RecordPosition[]> {
    const appended = this.appendNow(topic, records, maxBytes);
    this.appends.add(appended);
    const settled = (): void => void this.appends.delete(appended);
    appended.then(settled, settled);
    return appended;
  }

  /** Once a topic is known, no `await` precedes the appender, so records enter the log in call order. */
  private async appendNow(
    topic: string,
    records: readonly EventRecord[],
    maxBytes: number,
  ): Promise<RecordPosition[]> {
    this.assertOpen();
    for (const record of records) assertRecord(topic, record, maxBytes);
    const appendedAt = this.deps.clock.nowMs();
    const taken = records.map((record) => ({ key: record.key, record: toWire(record, appendedAt) }));
    const known = this.looks.has(topic) ? undefined : this.topics.known(topic);
    const partitions = known ?? (await this.lookUpPartitions(topic));
    if (taken.length === 0) return [];
    return this.appender.append(
      this.topics.nameOf(topic),
      taken.map(({ key, record }) => ({ record, partition: partitionOf(key, partitions) })),
    );
  }

  private async lookUpPartitions(topic: string): Promise<number> {
    const look = this.looks.get(topic) ?? { waiting: 0, partitions: this.topics.partitions(topic) };
    this.looks.set(topic, look);
    look.waiting++;
    try {
      return await look.partitions;
    } finally {
      if (--look.waiting === 0) this.looks.delete(topic);
    }
  }

  private assertOpen(): void {
    if (this.isClosed) throw logClosed();
  }
}
