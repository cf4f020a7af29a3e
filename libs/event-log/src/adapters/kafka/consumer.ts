import { Deferred, PaydayError, retryUntil, type Clock, type Timers } from '#kernel';
import { safeReporter } from '../../dispatch/delivery.js';
import { PartitionLoop } from '../../dispatch/partition-loop.js';
import { Progress } from '../../dispatch/progress.js';
import { positionBeyondEnd } from '../../errors.js';
import type { ConsumeOptions, Consumer, EventRecord, Position } from '../../port.js';
import { comparePositions, invalidPosition, isPosition } from '../../positions.js';
import { assertConsumeOptions } from '../../records.js';
import { positionExpired } from './errors.js';
import type { Feed } from './feed.js';
import { FETCH_TIMEOUT_MS, Fetcher } from './fetcher.js';
import type { MemberShare } from './group-protocol.js';
import { Membership } from './membership.js';
import type { KafkaSettings } from './settings.js';
import type { Topics } from './topics.js';
import { Wire } from './wire.js';

const DEFAULT_BATCH_RECORDS = 1000;

export interface KafkaConsumerContext {
  settings: KafkaSettings;
  topics: Topics;
  timers: Timers;
  clock: Clock;
  appendDeadLetter(topic: string, record: EventRecord): Promise<unknown>;
  endPositions(topic: string): Promise<(Position | null)[]>;
  onClosed(consumer: KafkaConsumer): void;
}

/** A consumer of one topic: one loop per assigned partition, all fed by one fetcher. The group assigns the partitions. */
export class KafkaConsumer implements Consumer {
  private readonly reading = new Deferred();
  readonly ready = this.reading.promise;
  private readonly loops = new Map<number, { loop: PartitionLoop; feed?: Feed }>();
  /** Loops that are stopping, by partition. */
  private readonly revoking = new Map<number, Promise<void>>();
  private readonly report: (error: unknown) => void;
  private readonly fetcher: Fetcher;
  private readonly progress = new Progress();
  private readonly stop = new AbortController();
  private membership: Membership | undefined;
  /** The partitions it will read once their present owners have released them; undefined before the first plan. */
  private planned: readonly number[] | undefined;
  private starting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private isReady = false;

  constructor(
    private readonly context: KafkaConsumerContext,
    private readonly options: ConsumeOptions,
  ) {
    this.report = safeReporter(options.onError);
    // A caller that ignores `ready` gets the error through `onError`; the rejection must not crash the process.
    this.ready.catch(this.report);
    const { settings, topics, timers, clock } = context;
    const wire = new Wire(settings, timers, FETCH_TIMEOUT_MS);
    this.fetcher = new Fetcher({ wire, topics, timers, clock, report: this.report }, options.topic);
    // Deferred: the caller's functions may refer to the consumer before `consume` has returned it.
    queueMicrotask(() => (this.starting = this.start()));
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  async caughtUp(): Promise<void> {
    await this.ready;
    const { timers, endPositions } = this.context;
    const policy = { timers, signal: this.stop.signal, report: this.report };
    await this.progress.caughtUp(policy, () => endPositions(this.options.topic));
  }

  private async start(): Promise<void> {
    const { timers } = this.context;
    const { signal } = this.stop;
    const partitions = await retryUntil({ timers, signal, report: this.report }, () =>
      this.checkedPartitions().catch((error: unknown) => {
        if (!this.failsStart(error)) throw error;
        return undefined;
      }),
    );
    if (partitions === undefined || signal.aborted) return;
    const { topic, group } = this.options;
    if (group === undefined) {
      const all = Array.from({ length: partitions }, (_, partition) => partition);
      this.planned = all.filter((partition) => this.options.partitions?.includes(partition) ?? true);
      for (const partition of this.planned) this.assign(partition);
      this.readyIfReading();
      return;
    }
    const { settings, topics, clock } = this.context;
    this.membership = new Membership(
      { wire: new Wire(settings, timers), settings, timers, clock, report: this.report },
      // All members of a group must read the same topic, so the topic is part of the group's name.
      topics.nameOf(`${group}.${topic}`),
      topics.nameOf(topic),
      partitions,
      {
        owned: () => [...this.loops.keys()],
        shared: (share) => this.shared(share),
        disowned: () => {
          this.planned = undefined;
          for (const partition of this.loops.keys()) void this.revoke(partition);
        },
      },
    );
  }

  private shared({ assigned, planned }: MemberShare): void {
    if (this.closing) return;
    this.planned = planned;
    for (const partition of this.loops.keys())
      if (!planned.includes(partition)) void this.revoke(partition).then(() => this.membership?.changed());
    for (const partition of assigned) if (!this.loops.has(partition)) this.assign(partition);
    this.readyIfReading();
  }

  private assign(partition: number): void {
    const { timers, appendDeadLetter } = this.context;
    const { topic, startAt } = this.options;
    const held: { loop?: PartitionLoop; feed?: Feed } = {};
    held.loop = new PartitionLoop(
      { topic, partition, options: this.options, timers, report: this.report, appendDeadLetter },
      {
        startAt: () => startAt(partition),
        openReader: async (start) => (held.feed = await this.openFeed(partition, start)),
        onStarted: (begin) => {
          this.progress.begin(partition, begin);
          this.readyIfReading();
        },
        onHandled: (records) => this.progress.handled(partition, records),
        shouldRelease: (error) => this.failsStart(error),
      },
    );
    this.loops.set(partition, held as { loop: PartitionLoop });
  }

  /** Resolves when the running handler and `onRevoked` have finished. */
  private revoke(partition: number): Promise<void> {
    const known = this.revoking.get(partition);
    if (known) return known;
    const revoking = this.release(partition).finally(() => this.revoking.delete(partition));
    this.revoking.set(partition, revoking);
    return revoking;
  }

  private async release(partition: number): Promise<void> {
    const held = this.loops.get(partition);
    if (!held) return;
    await held.loop.stop();
    this.progress.drop(partition);
    if (held.feed) this.fetcher.remove(held.feed);
    try {
      await this.options.onRevoked?.(partition);
    } catch (error) {
      this.report(error);
    }
    this.loops.delete(partition);
    // The partition may have been assigned again meanwhile, after the group had expelled this member.
    if (this.planned?.includes(partition)) this.membership?.changed();
  }

  private readyIfReading(): void {
    if (this.isReady || this.closing || !this.planned) return;
    if (!this.planned.every((partition) => this.loops.get(partition)?.loop.started)) return;
    this.isReady = true;
    this.reading.resolve();
  }

  private async shutDown(): Promise<void> {
    this.stop.abort();
    this.progress.close();
    await this.starting;
    await Promise.all([...this.loops.keys()].map((partition) => this.revoke(partition)));
    await this.membership?.leave();
    await this.fetcher.close();
    this.reading.resolve();
    this.context.onClosed(this);
  }

  /** Before the consumer was ever ready, a permanent error ends it and rejects `ready`, where the caller sees it. */
  private failsStart(error: unknown): boolean {
    if (this.isReady || !(error instanceof PaydayError) || error.retryable) return false;
    this.reading.reject(error);
    // Not awaited: closing waits for the caller of this method.
    void this.close();
    return true;
  }

  /** The number of the topic's partitions. @throws PaydayError for options with which a consumer could never work. */
  private async checkedPartitions(): Promise<number> {
    const { topic, deadLetterTopic } = this.options;
    assertConsumeOptions(this.options);
    const partitions = await this.context.topics.partitions(topic);
    if (deadLetterTopic !== undefined) await this.context.topics.partitions(deadLetterTopic);
    return partitions;
  }

  private async openFeed(partition: number, start: Position | 'earliest' | 'latest'): Promise<Feed> {
    const nextOffset = await this.resolveStart(partition, start);
    return this.fetcher.open(partition, nextOffset, this.options.maxBatchRecords ?? DEFAULT_BATCH_RECORDS);
  }

  private async resolveStart(partition: number, start: Position | 'earliest' | 'latest'): Promise<bigint> {
    const { topic } = this.options;
    const { earliest, next } = (await this.context.topics.offsets(topic))[partition]!;
    if (start === 'earliest') return earliest;
    if (start === 'latest') return next;
    if (typeof start !== 'string' || !isPosition(start)) throw invalidPosition(start);
    const last = next === 0n ? null : String(next - 1n);
    if (last === null || comparePositions(start, last) > 0)
      throw positionBeyondEnd(topic, partition, start, last);
    const wanted = BigInt(start) + 1n;
    if (wanted < earliest) throw positionExpired(topic, partition, start, String(earliest));
    return wanted;
  }
}
