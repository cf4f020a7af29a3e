import { backoffMs, type Timers } from '#kernel';
import { topicMismatch, unknownTopic } from '../../errors.js';
import type { TopicSpec } from '../../port.js';
import { DEAD_LETTER_HEADROOM_BYTES, MAX_RECORD_BYTES } from '../../records.js';
import { toPaydayError } from './errors.js';
import type { KafkaSettings } from './settings.js';
import { isConnectionTrouble, protocolErrorOf, type Cluster, type Wire } from './wire.js';

/** The size limit of a created topic: the largest record, its reason as a dead letter, and the framing. */
const MAX_MESSAGE_BYTES = 2 * (MAX_RECORD_BYTES + DEAD_LETTER_HEADROOM_BYTES);
const CREATE_TIMEOUT_MS = 10_000;
const MOST_COPIES = 3;

/** Offsets of one partition: `earliest` is that of the first record, `next` that of the next appended record. */
export interface OffsetRange {
  earliest: bigint;
  next: bigint;
}

/** The cluster's topics by the port's names, without the prefix. */
export class Topics {
  /** Partition counts never change after creation, so each is looked up once. */
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly wire: Wire,
    private readonly settings: KafkaSettings,
    private readonly timers: Timers,
  ) {}

  /** The topic's name in the cluster. */
  nameOf(topic: string): string {
    return this.settings.topicPrefix + topic;
  }

  /** The cached number of partitions, if there is one. */
  known(topic: string): number | undefined {
    return this.counts.get(topic);
  }

  /** @throws PaydayError `unknown_topic`, `log_unavailable`, `log_refused`. */
  async partitions(topic: string): Promise<number> {
    const count =
      this.counts.get(topic) ?? (await this.asking(topic, (cluster) => this.count(cluster, topic)));
    if (count === undefined) throw unknownTopic(topic);
    this.counts.set(topic, count);
    return count;
  }

  /** @throws PaydayError `topic_mismatch`, `log_unavailable`, `log_refused`. */
  async create(specs: readonly TopicSpec[]): Promise<void> {
    const missing = await this.missing(specs);
    if (missing.length === 0) return;
    await this.asking(undefined, async (cluster) => {
      await cluster.refreshMetadata();
      const controller = await cluster.findControllerBroker();
      const replicationFactor =
        this.settings.replication ?? Math.min(MOST_COPIES, cluster.getNodeIds().length);
      const configEntries = Object.entries({
        'cleanup.policy': 'delete',
        'retention.ms': String(this.settings.retentionMs),
        'max.message.bytes': String(MAX_MESSAGE_BYTES),
        // With three replicas one broker may be down, and acknowledged records are on two.
        'min.insync.replicas': String(Math.max(1, replicationFactor - 1)),
      }).map(([name, value]) => ({ name, value }));
      const topics = missing.map(({ topic, partitions }) => ({
        topic: this.nameOf(topic),
        numPartitions: partitions,
        replicationFactor,
        configEntries,
      }));
      await controller.createTopics({ topics, timeout: CREATE_TIMEOUT_MS }).catch(rethrowUnlessMade);
    });
    for (const { topic, partitions } of missing) {
      const made = await this.made(topic);
      // Another process may have created it meanwhile, with another number.
      if (made !== partitions) throw topicMismatch(topic, made, partitions);
    }
  }

  /** @throws PaydayError `unknown_topic`, `log_unavailable`, `log_refused`. */
  async offsets(topic: string): Promise<OffsetRange[]> {
    const count = await this.partitions(topic);
    const name = this.nameOf(topic);
    const partitions = Array.from({ length: count }, (_, partition) => ({ partition }));
    return this.asking(topic, async (cluster) => {
      await cluster.addTargetTopic(name);
      const ask = async (fromBeginning: boolean): Promise<Map<number, bigint>> => {
        const [answer] = await cluster.fetchTopicsOffset([{ topic: name, partitions, fromBeginning }]);
        return new Map(answer?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
      };
      // In this order, appends and removals in between make a range too large, never negative.
      const earliest = await ask(true);
      const next = await ask(false);
      return partitions.map(({ partition }) => ({
        earliest: earliest.get(partition) ?? 0n,
        next: next.get(partition) ?? 0n,
      }));
    });
  }

  private async missing(specs: readonly TopicSpec[]): Promise<TopicSpec[]> {
    const missing = new Map<string, TopicSpec>();
    for (const spec of specs) {
      const { topic, partitions } = spec;
      const existing = await this.asking(topic, (cluster) => this.count(cluster, topic));
      if (existing === undefined) missing.set(topic, spec);
      else if (existing !== partitions) throw topicMismatch(topic, existing, partitions);
      else this.counts.set(topic, existing);
    }
    return [...missing.values()];
  }

  /** The number of partitions of a topic that was just created: brokers learn of it with a delay. */
  private async made(topic: string): Promise<number> {
    for (let attempt = 0; attempt < 10; attempt++) {
      const count = await this.asking(topic, (cluster) => this.count(cluster, topic));
      if (count !== undefined) {
        this.counts.set(topic, count);
        return count;
      }
      await this.timers.sleep(backoffMs(attempt), new AbortController().signal);
    }
    throw unknownTopic(topic);
  }

  /** Undefined if there is no such topic. */
  private async count(cluster: Cluster, topic: string): Promise<number | undefined> {
    const name = this.nameOf(topic);
    try {
      await cluster.addTargetTopic(name);
    } catch (error) {
      if (protocolErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      throw error;
    }
    return cluster.findTopicPartitionMetadata(name).length || undefined;
  }

  /** Sends a request, and retries once on fresh connections, because idle ones may have died unnoticed. */
  private async asking<T>(topic: string | undefined, ask: (cluster: Cluster) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.wire.sendRequest(ask, CREATE_TIMEOUT_MS);
      } catch (error) {
        const isStale = STALE.has(protocolErrorOf(error) ?? '');
        if (isStale) this.wire.reset();
        if (attempt > 0 || !(isStale || isConnectionTrouble(error))) throw toPaydayError(error, topic);
      }
    }
  }
}

/** Errors that a fresh look-up of the leaders resolves. */
const STALE = new Set(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_CONTROLLER']);

function rethrowUnlessMade(error: unknown): void {
  const { errors = [error] } = error as { errors?: unknown[] };
  const other = errors.find((one) => protocolErrorOf(one) !== 'TOPIC_ALREADY_EXISTS');
  if (other !== undefined) throw other;
}
