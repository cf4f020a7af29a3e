import { partitionOf, type Clock } from '#kernel';
import type { KafkaCredentials } from '../credentials.js';
import { logClosed, unknownTopic } from '../errors.js';
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
import type { LogStore } from './log-store.js';
import { StoreConsumer } from './store-consumer.js';
import type { Timers } from './timers.js';

/** What every log is given from outside. */
export interface LogDeps {
  clock: Clock;
  timers: Timers;
  /** For a log in Kafka. */
  kafka?: KafkaCredentials;
}

/** The event log over a store in this process: checks what callers give, routes keys, runs consumers, closes in order. */
export class StoreEventLog implements EventLog {
  private readonly consumers = new Set<StoreConsumer>();
  private closing: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    readonly adapter: string,
    private readonly store: LogStore,
    private readonly deps: LogDeps,
  ) {}

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.assertOpen();
    assertTopicSpecs(topics);
    await this.store.createTopics(topics);
  }

  async partitions(topic: string): Promise<number> {
    this.assertOpen();
    return this.partitionsOf(topic);
  }

  async append(topic: string, records: readonly EventRecord[]): Promise<RecordPosition[]> {
    return this.route(topic, records, MAX_RECORD_BYTES);
  }

  consume(options: ConsumeOptions): Consumer {
    if (this.closing) return closedConsumer();
    const consumer = new StoreConsumer(
      {
        store: this.store,
        timers: this.deps.timers,
        appendDeadLetter: (topic, record) =>
          this.route(topic, [record], MAX_RECORD_BYTES + DEAD_LETTER_HEADROOM_BYTES),
        onClosed: (closed) => this.consumers.delete(closed),
      },
      options,
    );
    this.consumers.add(consumer);
    return consumer;
  }

  async endPositions(topic: string): Promise<(Position | null)[]> {
    this.assertOpen();
    return Array.from({ length: this.partitionsOf(topic) }, (_, partition) =>
      this.store.end(topic, partition),
    );
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  /** Handlers may append while they finish; only then the store closes. */
  private async shutDown(): Promise<void> {
    await Promise.all([...this.consumers].map((consumer) => consumer.close()));
    this.isClosed = true;
    await this.store.close();
  }

  /** No `await` before the store has the records: the order of calls is the order in the log. */
  private async route(
    topic: string,
    records: readonly EventRecord[],
    maxBytes: number,
  ): Promise<RecordPosition[]> {
    this.assertOpen();
    const partitions = this.partitionsOf(topic);
    const routed = records.map((record) => {
      assertRecord(topic, record, maxBytes);
      return { record, partition: partitionOf(record.key, partitions) };
    });
    return routed.length === 0 ? [] : this.store.append(topic, routed, this.deps.clock.nowMs());
  }

  private partitionsOf(topic: string): number {
    const partitions = this.store.partitions(topic);
    if (partitions === undefined) throw unknownTopic(topic);
    return partitions;
  }

  private assertOpen(): void {
    if (this.isClosed) throw logClosed();
  }
}

function closedConsumer(): Consumer {
  const ready = Promise.reject<void>(logClosed());
  ready.catch(() => {}); // who does not ask for it must not be taken down by it
  return { ready, close: () => Promise.resolve() };
}
