import { partitionOf, type Clock, type Timers } from '#kernel';
import type { KafkaCredentials } from '../credentials.js';
import { closedConsumer, logClosed, unknownTopic } from '../errors.js';
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
import type { Group } from './group.js';
import type { LeaseStore } from './lease-store.js';
import { LeasedGroup, newMemberName } from './leased-group.js';
import type { LogStore } from './log-store.js';
import { StoreConsumer } from './store-consumer.js';

/** The dependencies of every log. */
export interface LogDeps {
  clock: Clock;
  timers: Timers;
  /** Credentials for a log in Kafka. */
  kafka?: KafkaCredentials;
  /** Lets a group span processes; without it, groups are local to the process. */
  leases?: LeaseStore | undefined;
  leaseMs: number;
}

/** The event log over a `LogStore`: validates arguments, routes keys, runs consumers and closes in order. */
export class StoreEventLog implements EventLog {
  private readonly consumers = new Set<StoreConsumer>();
  private readonly lookUps = new Map<string, Promise<number | undefined>>();
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
    return this.mustPartitions(topic);
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
        groupOf: (wanted, partitions, report) => this.groupOf(wanted, partitions, report),
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
    const partitions = await this.mustPartitions(topic);
    return Promise.all(
      Array.from({ length: partitions }, (_, partition) => this.store.end(topic, partition)),
    );
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  /** Handlers may append while they finish, so the store closes last. */
  private async shutDown(): Promise<void> {
    await Promise.all([...this.consumers].map((consumer) => consumer.close()));
    this.isClosed = true;
    await this.store.close();
  }

  /** Avoids every `await` before the store has the records, so that they enter the log in call order. */
  private async route(
    topic: string,
    records: readonly EventRecord[],
    maxBytes: number,
  ): Promise<RecordPosition[]> {
    this.assertOpen();
    for (const record of records) assertRecord(topic, record, maxBytes);
    const partitions = this.lookUp(topic);
    if (!(partitions instanceof Promise)) return this.appendTo(topic, records, partitions);
    const copies = records.map((record) => ({ ...record, value: new Uint8Array(record.value) }));
    return partitions.then((known) => this.appendTo(topic, copies, known));
  }

  private appendTo(
    topic: string,
    records: readonly EventRecord[],
    partitions: number | undefined,
  ): RecordPosition[] | Promise<RecordPosition[]> {
    if (partitions === undefined) throw unknownTopic(topic);
    if (records.length === 0) return [];
    const routed = records.map((record) => ({ record, partition: partitionOf(record.key, partitions) }));
    return this.store.append(topic, routed, this.deps.clock.nowMs());
  }

  /**
   * Concurrent callers share one look-up, so their continuations run in call order. It is dropped just before the first of
   * them, so no later append can come in between.
   */
  private lookUp(topic: string): number | undefined | Promise<number | undefined> {
    const running = this.lookUps.get(topic);
    if (running) return running;
    const found = this.store.partitions(topic);
    if (found instanceof Promise) {
      this.lookUps.set(topic, found);
      const forget = (): unknown => this.lookUps.delete(topic);
      found.then(forget, forget);
    }
    return found;
  }

  private groupOf(
    { topic, group }: ConsumeOptions,
    partitions: number,
    report: (error: unknown) => void,
  ): Group {
    const { leases, clock, timers, leaseMs } = this.deps;
    if (group === undefined || !leases) return this.store.groups.coordinator(topic, group, partitions);
    const member = { topic, group, member: newMemberName() };
    return new LeasedGroup({ store: leases, clock, timers, leaseMs, member, partitions, report });
  }

  private async mustPartitions(topic: string): Promise<number> {
    const partitions = await this.lookUp(topic);
    if (partitions === undefined) throw unknownTopic(topic);
    return partitions;
  }

  private assertOpen(): void {
    if (this.isClosed) throw logClosed();
  }
}
