import { GroupRegistry } from '../dispatch/group-coordinator.js';
import type { LogStore, ReadLimits, RoutedRecord } from '../dispatch/log-store.js';
import type { PartitionReader } from '../dispatch/partition-loop.js';
import { StoreEventLog, type LogDeps } from '../dispatch/store-log.js';
import type { EventLog, Position, RecordPosition, TopicSpec } from '../port.js';
import { encodeRecords } from '../record-codec.js';
import { KinesisApi } from './kinesis/api.js';
import { topicResharded } from './kinesis/errors.js';
import { ShardConnection } from './kinesis/shard-connection.js';
import { Pacer } from './kinesis/pacer.js';
import { kinesisSettings, type KinesisSettings } from './kinesis/settings.js';
import { ShardAccess } from './kinesis/shard-access.js';
import { ShardSource } from './kinesis/shard.js';
import { Topics, type TopicStream } from './kinesis/topics.js';

/**
 * The log in Amazon Kinesis Data Streams (docs/kinesis.md): a topic is a stream, a partition one of its shards. Groups
 * share partitions across processes only with `leases`. Credentials come from AWS' usual chain, never from the URL.
 *
 * @param rest the URL without its scheme; see `kinesisSettings`.
 * @throws PaydayError `invalid_log_url`, `adapter_unavailable`.
 */
export async function openKinesisLog(rest: string, deps: LogDeps): Promise<EventLog> {
  const settings = kinesisSettings(rest);
  return new StoreEventLog(
    'kinesis',
    new KinesisStore(await KinesisApi.open(settings), settings, deps),
    deps,
  );
}

interface Partition {
  connection: ShardConnection;
  source: ShardSource;
}

class KinesisStore implements LogStore {
  readonly groups = new GroupRegistry();
  private readonly closing = new AbortController();
  private readonly topics: Topics;
  private readonly open = new Map<string, Partition>();

  constructor(
    private readonly api: KinesisApi,
    private readonly settings: KinesisSettings,
    private readonly deps: LogDeps,
  ) {
    this.topics = new Topics(api, settings, deps.clock, deps.timers, this.closing.signal);
  }

  createTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.topics.create(topics);
  }

  partitions(topic: string): number | Promise<number | undefined> {
    const known = this.topics.get(topic);
    return known ? known.shards.length : this.topics.lookUp(topic).then((found) => found?.shards.length);
  }

  append(topic: string, routed: readonly RoutedRecord[], appendedAt: number): Promise<RecordPosition[]> {
    const encoded = encodeRecords(
      routed.map(({ record }) => record),
      appendedAt,
    );
    return Promise.all(
      routed.map(async ({ partition }, i) => ({
        partition,
        position: await this.partition(topic, partition).connection.append(encoded[i]!),
      })),
    );
  }

  end(topic: string, partition: number): Promise<Position | null> {
    return this.partition(topic, partition).source.end();
  }

  openReader(
    topic: string,
    partition: number,
    start: Position | 'earliest' | 'latest',
    limits: ReadLimits,
  ): Promise<PartitionReader> {
    return this.partition(topic, partition).source.openReader(start, limits);
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map(({ connection }) => connection.close()));
    this.closing.abort();
    this.api.close();
  }

  private partition(topic: string, partition: number): Partition {
    const name = `${topic}/${partition}`;
    const known = this.open.get(name);
    if (known) return known;
    const { clock, timers } = this.deps;
    const stream = this.topics.must(topic);
    const pacer = new Pacer(this.settings.pollMs, clock, timers, this.closing.signal);
    const source = new ShardSource(new ShardAccess(this.api, stream, partition, pacer), clock);
    const connection = new ShardConnection({
      topic,
      clock,
      timers,
      putRecord: (data, after) => this.putRecord(stream, partition, data, after),
      onAppended: (position) => source.noteAppended(position),
    });
    const made = { connection, source };
    this.open.set(name, made);
    return made;
  }

  private async putRecord(
    { topic, stream, shards }: TopicStream,
    partition: number,
    data: Uint8Array,
    after: string | undefined,
  ): Promise<string> {
    const { id, firstHashKey, lastHashKey } = shards[partition]!;
    const { sequence, shardId } = await this.api.putRecord(stream, {
      data,
      // One key per shard: Kinesis guarantees the order after `after` only within a key.
      partitionKey: String(partition),
      hashKey: (firstHashKey + lastHashKey) / 2n,
      after,
    });
    if (shardId !== id) throw topicResharded(topic);
    return sequence;
  }
}
