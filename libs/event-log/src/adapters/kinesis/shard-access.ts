import type { Fetched, IteratorStart, KinesisApi } from './api.js';
import { kindOf } from './errors.js';
import type { Pacer } from './pacer.js';
import type { TopicStream } from './topics.js';

/** Reads one shard at a rate that all readers of this log share. */
export class ShardAccess {
  constructor(
    private readonly api: KinesisApi,
    private readonly stream: TopicStream,
    readonly partition: number,
    private readonly pacer: Pacer,
  ) {}

  get topic(): string {
    return this.stream.topic;
  }

  get doing(): string {
    return `read ${this.topic}/${this.partition}`;
  }

  get createdAt(): number {
    return this.stream.createdAt;
  }

  get startSequence(): bigint {
    return this.stream.shards[this.partition]!.startSequence;
  }

  iterator(start: IteratorStart): Promise<string> {
    return this.paced(() =>
      this.api.iterator(this.stream.stream, this.stream.shards[this.partition]!.id, start),
    );
  }

  async fetch(iterator: string, limit?: number): Promise<Fetched> {
    await this.pacer.turn();
    return this.paced(() => this.api.fetch(iterator, limit));
  }

  private async paced<T>(call: () => Promise<T>): Promise<T> {
    try {
      const result = await call();
      this.pacer.succeeded();
      return result;
    } catch (error) {
      if (kindOf(error) === 'throttled') this.pacer.throttled();
      throw error;
    }
  }
}
