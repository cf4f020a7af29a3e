import { PaydayError, type Clock, backoffMs, type Timers } from '#kernel';
import { topicMismatch, unknownTopic } from '../../errors.js';
import type { TopicSpec } from '../../port.js';
import type { KinesisApi, Shard, StreamSummary } from './api.js';
import { asPaydayError, kindOf, topicResharded } from './errors.js';
import type { KinesisSettings } from './settings.js';

export interface TopicStream {
  topic: string;
  stream: string;
  createdAt: number;
  /** By partition, which is the order of their hash keys. */
  shards: Shard[];
}

const MAX_STREAM_NAME = 128;
const GIVE_UP_MS = 120_000;
const FIRST_POLL_MS = 5;
const LONGEST_POLL_MS = 1_000;
const DEFAULT_RETENTION_HOURS = 24;

/** Topics as streams, and partitions as their shards. */
export class Topics {
  private readonly known = new Map<string, TopicStream>();

  constructor(
    private readonly api: KinesisApi,
    private readonly settings: KinesisSettings,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly signal: AbortSignal,
  ) {}

  /** The cached result of an earlier look-up; it never changes. */
  get(topic: string): TopicStream | undefined {
    return this.known.get(topic);
  }

  must(topic: string): TopicStream {
    const found = this.known.get(topic);
    if (!found) throw unknownTopic(topic);
    return found;
  }

  /** @throws PaydayError `topic_resharded`, `log_unavailable`, `log_refused`. */
  async lookUp(topic: string): Promise<TopicStream | undefined> {
    try {
      return (await this.summary(topic)) ? await this.whenActive(topic) : undefined;
    } catch (error) {
      throw asPaydayError(error, `look up topic "${topic}"`);
    }
  }

  /** @throws PaydayError `topic_mismatch` (then none is made), `invalid_topic`. */
  async create(specs: readonly TopicSpec[]): Promise<void> {
    const missing = new Map<string, number>();
    for (const { topic, partitions } of specs) {
      this.assertName(topic);
      const existing = this.known.get(topic) ?? (await this.lookUp(topic));
      if (!existing) missing.set(topic, partitions);
      else if (existing.shards.length !== partitions)
        throw topicMismatch(topic, existing.shards.length, partitions);
    }
    for (const [topic, partitions] of missing) await this.make(topic, partitions);
    for (const [topic, partitions] of missing) {
      const { shards } = await this.whenActive(topic);
      // Another process created it first.
      if (shards.length !== partitions) throw topicMismatch(topic, shards.length, partitions);
      await this.keepLonger(topic);
    }
  }

  private async make(topic: string, partitions: number): Promise<void> {
    const deadlineMs = this.clock.monotonicMs() + GIVE_UP_MS;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.api.createStream(this.streamOf(topic), partitions);
      } catch (error) {
        const kind = kindOf(error);
        if (kind === 'in_use') return;
        const mayPass = kind === 'throttled' || kind === 'unavailable';
        if (!mayPass || this.clock.monotonicMs() > deadlineMs)
          throw asPaydayError(error, `make topic "${topic}"`);
        await this.pause(backoffMs(attempt));
      }
    }
  }

  private async whenActive(topic: string): Promise<TopicStream> {
    const deadlineMs = this.clock.monotonicMs() + GIVE_UP_MS;
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(2 * pollMs, LONGEST_POLL_MS)) {
      // A new stream may not be visible at once.
      const summary = await this.summary(topic);
      if (summary && ['ACTIVE', 'UPDATING'].includes(summary.status)) return this.load(topic, summary);
      if (this.clock.monotonicMs() > deadlineMs)
        throw new PaydayError('log_unavailable', `the stream of topic "${topic}" did not become active`);
      await this.pause(pollMs);
    }
  }

  private async load(topic: string, { createdAt }: StreamSummary): Promise<TopicStream> {
    const stream = this.streamOf(topic);
    const shards = await this.api.shards(stream);
    if (shards.some(({ isClosed }) => isClosed)) throw topicResharded(topic);
    shards.sort((a, b) => (a.firstHashKey < b.firstHashKey ? -1 : 1));
    const found = { topic, stream, createdAt, shards };
    this.known.set(topic, found);
    return found;
  }

  private async keepLonger(topic: string): Promise<void> {
    const { retentionHours } = this.settings;
    if (retentionHours <= DEFAULT_RETENTION_HOURS) return;
    try {
      await this.api.keepFor(this.streamOf(topic), retentionHours);
    } catch (error) {
      // Another process, which created it at the same time, has done so.
      if (!['in_use', 'invalid'].includes(kindOf(error)))
        throw asPaydayError(error, `keep topic "${topic}" for ${retentionHours} h`);
    }
  }

  /** Undefined if there is no such stream, or it is being deleted. */
  private async summary(topic: string): Promise<StreamSummary | undefined> {
    try {
      const summary = await this.api.describe(this.streamOf(topic));
      return summary.status === 'DELETING' ? undefined : summary;
    } catch (error) {
      if (kindOf(error) === 'missing') return undefined;
      throw asPaydayError(error, `describe topic "${topic}"`);
    }
  }

  private async pause(ms: number): Promise<void> {
    await this.timers.sleep(ms, this.signal);
    if (this.signal.aborted) throw new PaydayError('log_closed', 'the event log was closed meanwhile');
  }

  private streamOf(topic: string): string {
    return this.settings.streamPrefix + topic;
  }

  private assertName(topic: string): void {
    if (this.streamOf(topic).length > MAX_STREAM_NAME)
      throw new PaydayError(
        'invalid_topic',
        `"${topic}" cannot be a topic: with the stream prefix it is longer than ${MAX_STREAM_NAME} characters`,
      );
  }
}
