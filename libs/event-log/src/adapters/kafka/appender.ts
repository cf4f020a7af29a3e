import type { Clock, Timers } from '#kernel';
import { PaydayError, backoffMs } from '#kernel';
import type { RecordPosition } from '../../port.js';
import { logUnavailable, toPaydayError } from './errors.js';
import { AppendCall, Outbox, type ProducerSession } from './outbox.js';
import type { WireRecord } from './record-codec.js';
import { protocolErrorOf, type Wire } from './wire.js';

/** How long sending a record is retried before its append fails with `log_unavailable`. */
const DELIVERY_TIMEOUT_MS = 30_000;
const ALL_IN_SYNC = -1;

/** The brokers do not know our session, or have lost its sequence. */
const SESSION_LOST = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
]);
/** Retrying cannot succeed. */
const REFUSED = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TIMESTAMP',
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
]);

/**
 * Sends records to the leaders of their partitions: one request per leader at a time, holding everything appended
 * meanwhile. This keeps the order, and load makes requests larger instead of more numerous. A request is retried
 * unchanged, and the brokers drop duplicates by session and sequence number: a broken connection, a restarted broker or
 * a moved leader loses, duplicates or reorders nothing.
 */
export class Appender {
  private readonly outboxes = new Map<string, Outbox>();
  /** Outboxes with records to send and no request in flight. */
  private readonly waiting = new Set<Outbox>();
  /** Leaders with a request in flight. */
  private readonly busy = new Set<number>();
  private leaders = new Map<string, Map<number, number>>();
  private session: ProducerSession | undefined;
  private failures = 0;
  private planning = false;
  private planWanted = false;
  /** Leaders must be looked up again. */
  private isStale = false;
  private readonly pause = new AbortController();

  constructor(
    private readonly wire: Wire,
    private readonly timers: Timers,
    private readonly clock: Clock,
  ) {}

  /** Copies the records before it returns. @param topic the name in the cluster. */
  append(
    topic: string,
    routed: readonly { record: WireRecord; partition: number }[],
  ): Promise<RecordPosition[]> {
    const call = new AppendCall(this.nowMs(), routed.length);
    routed.forEach(({ record, partition }, index) => {
      const outbox = this.outbox(topic, partition);
      outbox.add(record, call, index);
      if (outbox.batch === undefined) this.waiting.add(outbox);
    });
    this.plan();
    return call.positions;
  }

  private outbox(topic: string, partition: number): Outbox {
    // Topic names contain no slash.
    const id = `${topic}/${partition}`;
    let outbox = this.outboxes.get(id);
    if (!outbox) {
      this.wire.about(topic);
      this.outboxes.set(id, (outbox = new Outbox(topic, partition)));
    }
    return outbox;
  }

  /** Sends to each leader without a request in flight. */
  private plan(): void {
    this.planWanted = true;
    if (!this.planning) void this.carryOut();
  }

  private async carryOut(): Promise<void> {
    this.planning = true;
    while (this.planWanted) {
      // Lets other appends of this turn join the request.
      await Promise.resolve();
      this.planWanted = false;
      try {
        const session = (this.session ??= await this.newSession());
        for (const [leader, outboxes] of await this.requests(session)) void this.send(leader, outboxes);
      } catch (error) {
        await this.failed(error, [...this.waiting]);
        this.planWanted = true;
      }
    }
    this.planning = false;
  }

  /** Groups the waiting outboxes by leader and takes them off the waiting set. */
  private async requests(session: ProducerSession): Promise<Map<number, Outbox[]>> {
    const requests = new Map<number, Outbox[]>();
    for (const topic of new Set([...this.waiting].map((outbox) => outbox.topic))) {
      let leaders: Map<number, number>;
      try {
        leaders = await this.leadersOf(topic);
        for (const { topic: of, partition } of this.waiting)
          if (of === topic && !leaders.has(partition)) throw new Error(`${topic}/${partition} has no leader`);
      } catch (error) {
        void this.later(error, topic);
        continue;
      }
      for (const outbox of this.waiting) {
        const leader = leaders.get(outbox.partition)!;
        if (outbox.topic !== topic || this.busy.has(leader)) continue;
        const together = requests.get(leader) ?? [];
        const batch = outbox.next(session);
        if (batch && together[0] && !travelTogether(together[0], outbox)) continue;
        this.waiting.delete(outbox);
        if (batch) requests.set(leader, [...together, outbox]);
      }
    }
    for (const leader of requests.keys()) this.busy.add(leader);
    return requests;
  }

  /** Records of a topic without a known leader wait without holding up other topics. */
  private async later(error: unknown, topic: string): Promise<void> {
    const outboxes = [...this.waiting].filter((outbox) => outbox.topic === topic);
    for (const outbox of outboxes) this.waiting.delete(outbox);
    await this.failed(error, outboxes);
    this.again(outboxes);
  }

  private async send(leader: number, outboxes: Outbox[]): Promise<void> {
    try {
      const { topics } = await this.wire.sendRequest(async (cluster) => {
        const broker = await cluster.findBroker({ nodeId: leader });
        return broker.produce({
          acks: ALL_IN_SYNC,
          timeout: DELIVERY_TIMEOUT_MS,
          ...outboxes[0]!.batch!.session,
          topicData: topicData(outboxes),
        });
      });
      this.failures = 0;
      for (const { topicName, partitions } of topics)
        for (const { partition, baseOffset } of partitions)
          this.outbox(topicName, partition).acknowledged(baseOffset);
    } catch (error) {
      await this.failed(error, outboxes);
    }
    this.busy.delete(leader);
    this.again(outboxes);
  }

  private again(outboxes: readonly Outbox[]): void {
    for (const outbox of outboxes) if (!outbox.isEmpty) this.waiting.add(outbox);
    this.plan();
  }

  /** Rejects or requeues batches that were refused or have an unknown outcome, and pauses before the retry. */
  private async failed(error: unknown, outboxes: Outbox[]): Promise<void> {
    const type = protocolErrorOf(error) ?? '';
    this.leaders.clear();
    this.isStale = true;
    if (REFUSED.has(type) || SESSION_LOST.has(type)) {
      // The response does not name the refused batch, so each is retried alone.
      if (outboxes.length > 1) for (const outbox of outboxes) outbox.alone = true;
      else if (REFUSED.has(type)) this.reject(outboxes, refusal(error, outboxes));
      else {
        this.session = undefined;
        for (const outbox of outboxes) outbox.restamped();
      }
      return;
    }
    const expired = outboxes.filter(({ oldestMs }) => this.nowMs() - oldestMs > DELIVERY_TIMEOUT_MS);
    this.reject(expired, logUnavailable(error));
    await this.timers.sleep(backoffMs(this.failures++, 1_000), this.pause.signal);
  }

  private reject(outboxes: readonly Outbox[], error: unknown): void {
    if (outboxes.length === 0) return;
    this.session = undefined;
    for (const outbox of outboxes) {
      outbox.rejected(error);
      if (outbox.isEmpty) this.waiting.delete(outbox);
    }
  }

  private newSession(): Promise<ProducerSession> {
    return this.wire.sendRequest(async (cluster) => {
      const [nodeId] = cluster.getNodeIds();
      if (nodeId === undefined) throw new Error('no broker is known yet');
      const broker = await cluster.findBroker({ nodeId });
      const { producerId, producerEpoch } = await broker.initProducerId({
        transactionalId: null,
        transactionTimeout: DELIVERY_TIMEOUT_MS,
      });
      return { producerId, producerEpoch };
    });
  }

  private async leadersOf(topic: string): Promise<Map<number, number>> {
    const known = this.leaders.get(topic);
    if (known) return known;
    const leaders = await this.wire.leaders(topic, this.isStale);
    this.isStale = false;
    this.leaders.set(topic, leaders);
    return leaders;
  }

  private nowMs(): number {
    return this.clock.monotonicMs();
  }
}

/** A request carries one session, and a batch that was refused in a shared request travels alone. */
function travelTogether(a: Outbox, b: Outbox): boolean {
  return !a.alone && !b.alone && a.batch?.session === b.batch?.session;
}

function topicData(outboxes: readonly Outbox[]): {
  topic: string;
  partitions: { partition: number; firstSequence: number; messages: WireRecord[] }[];
}[] {
  const byTopic = new Map<string, Outbox[]>();
  for (const outbox of outboxes) byTopic.set(outbox.topic, [...(byTopic.get(outbox.topic) ?? []), outbox]);
  return [...byTopic].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ partition, batch }) => ({
      partition,
      firstSequence: batch!.firstSequence,
      messages: batch!.entries.map(({ record }) => record),
    })),
  }));
}

function refusal(error: unknown, [outbox]: readonly Outbox[]): PaydayError {
  if (/TOO_LARGE/.test(protocolErrorOf(error) ?? ''))
    return new PaydayError(
      'record_too_large',
      `the brokers take no record of this size for topic "${outbox!.topic}": raise its max.message.bytes to 2 MB ` +
        '(topics that `payday topics` makes have it)',
      { cause: error, details: { topic: outbox!.topic } },
    );
  return toPaydayError(error, outbox!.topic);
}
