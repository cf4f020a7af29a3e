import { PaydayError, type Clock, backoffMs, type Timers } from '#kernel';
import { positionBeyondEnd } from '../../errors.js';
import { positionExpired, toPaydayError } from './errors.js';
import { Feed } from './feed.js';
import type { Topics } from './topics.js';
import { Watchdog } from './watchdog.js';
import { protocolErrorOf, type Wire } from './wire.js';

/** How long a broker waits for a record before an empty response. New partitions wait for that response. */
const MAX_WAIT_MS = 100;
/** Brokers respond within `MAX_WAIT_MS`, so a longer silence means a dead connection. */
export const FETCH_TIMEOUT_MS = 5_000;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_PARTITION_BYTES = 1024 * 1024;
const LONGEST_PAUSE_MS = 1_000;

export interface FetcherContext {
  wire: Wire;
  topics: Topics;
  timers: Timers;
  clock: Clock;
  report(error: unknown): void;
}

/** Fetches the partitions of one consumer, with one loop per leader. The feeds alone hold the positions. */
export class Fetcher {
  private readonly feeds = new Set<Feed>();
  private readonly pumps = new Map<number, Promise<void>>();
  private leaders = new Map<number, number>();
  private readonly stop = new AbortController();
  private readonly wakeUps = new Set<() => void>();
  private failures = 0;
  private finding: Promise<void> | undefined;
  private supervision: Promise<void> | undefined;

  constructor(
    private readonly context: FetcherContext,
    private readonly topic: string,
  ) {
    context.wire.about(context.topics.nameOf(topic));
  }

  /** Starts fetching a partition from an offset. */
  open(partition: number, nextOffset: bigint, maxRecords: number): Feed {
    const feed = new Feed(partition, nextOffset, maxRecords, () => this.wake());
    this.feeds.add(feed);
    this.supervision ??= this.supervise();
    void this.findLeaders();
    return feed;
  }

  remove(feed: Feed): void {
    this.feeds.delete(feed);
    this.wake();
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.wake();
    this.context.wire.close();
    await Promise.all([this.supervision, this.finding, ...this.pumps.values()]);
  }

  /** Keeps a pump running for each leader, and reconnects after a stall. */
  private async supervise(): Promise<void> {
    const { clock, timers, wire, report } = this.context;
    const nowMs = (): number => clock.monotonicMs();
    const watchdog = new Watchdog(FETCH_TIMEOUT_MS, nowMs());
    const seen = new Map<Feed, bigint>();
    while (!this.stop.signal.aborted) {
      await this.findLeaders();
      await timers.sleep(MAX_WAIT_MS, this.stop.signal);
      let lags = false;
      for (const feed of this.feeds) {
        if (feed.lags && seen.get(feed) === feed.nextOffset) lags = true;
        seen.set(feed, feed.nextOffset);
      }
      for (const feed of seen.keys()) if (!this.feeds.has(feed)) seen.delete(feed);
      if (!lags) watchdog.progressed(nowMs());
      const stalledMs = watchdog.stalledForMs(nowMs());
      if (stalledMs === undefined) continue;
      report(
        new PaydayError(
          'consumer_stalled',
          `"${this.topic}" has records that have not come in for ${Math.round(stalledMs)} ms: its connections are made anew`,
        ),
      );
      this.leaders.clear();
      wire.reset();
    }
  }

  /** Looks up unknown leaders and starts pumps for them. */
  private findLeaders(): Promise<void> {
    this.finding ??= this.askForLeaders().finally(() => (this.finding = undefined));
    return this.finding;
  }

  private async askForLeaders(): Promise<void> {
    const { wire, topics } = this.context;
    try {
      if ([...this.feeds].some(({ partition }) => !this.leaders.has(partition)))
        this.leaders = await wire.leaders(topics.nameOf(this.topic), true);
    } catch (error) {
      return this.failed(error);
    }
    for (const { partition } of this.feeds) this.startPump(this.leaders.get(partition));
    this.wake();
  }

  private startPump(leader: number | undefined): void {
    if (leader === undefined || this.pumps.has(leader) || this.stop.signal.aborted) return;
    const pump = this.pump(leader).finally(() => this.pumps.delete(leader));
    this.pumps.set(leader, pump);
  }

  /** Fetches from one broker while it leads a partition. */
  private async pump(leader: number): Promise<void> {
    while (!this.stop.signal.aborted) {
      const led = [...this.feeds].filter(({ partition }) => this.leaders.get(partition) === leader);
      if (led.length === 0) return;
      const wanting = led.filter((feed) => feed.wantsMore);
      if (wanting.length === 0) await new Promise<void>((resolve) => this.wakeUps.add(resolve));
      else await this.fetch(leader, wanting).catch((error: unknown) => this.failed(error));
    }
  }

  private async fetch(leader: number, feeds: readonly Feed[]): Promise<void> {
    const { wire, topics } = this.context;
    const byPartition = new Map(feeds.map((feed) => [feed.partition, feed]));
    const request = {
      maxWaitTime: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: MAX_BYTES,
      isolationLevel: 0,
      topics: [
        {
          topic: topics.nameOf(this.topic),
          partitions: feeds.map(({ partition, nextOffset }) => ({
            partition,
            fetchOffset: String(nextOffset),
            maxBytes: MAX_PARTITION_BYTES,
          })),
        },
      ],
    };
    const { responses } = await wire.sendRequest(async (cluster) =>
      (await cluster.findBroker({ nodeId: leader })).fetch(request),
    );
    this.failures = 0;
    for (const { partitions } of responses)
      for (const { partition, messages, highWatermark } of partitions)
        byPartition.get(partition)?.add(messages, BigInt(highWatermark));
  }

  /** Recovers from a failure: an unreadable partition fails alone; after any other failure leaders are looked up again. */
  private async failed(error: unknown): Promise<void> {
    if (this.stop.signal.aborted) return;
    const { timers, report } = this.context;
    if (protocolErrorOf(error) === 'OFFSET_OUT_OF_RANGE') return this.outOfRange();
    this.leaders.clear();
    const moved = protocolErrorOf(error) === 'NOT_LEADER_FOR_PARTITION';
    if (!moved) report(toPaydayError(error, this.topic));
    await timers.sleep(backoffMs(this.failures++, LONGEST_PAUSE_MS), this.stop.signal);
  }

  /** Finds all partitions that are out of range by their offsets, because one response names one partition only. */
  private async outOfRange(): Promise<void> {
    const { topics, report, timers } = this.context;
    try {
      const ranges = await topics.offsets(this.topic);
      for (const feed of this.feeds) {
        const { earliest, next } = ranges[feed.partition]!;
        const last = String(feed.nextOffset - 1n);
        if (feed.nextOffset < earliest)
          feed.fail(positionExpired(this.topic, feed.partition, last, String(earliest)));
        else if (feed.nextOffset > next)
          feed.fail(
            positionBeyondEnd(this.topic, feed.partition, last, next === 0n ? null : String(next - 1n)),
          );
      }
    } catch (error) {
      report(error);
    }
    await timers.sleep(MAX_WAIT_MS, this.stop.signal);
  }

  private wake(): void {
    for (const wake of this.wakeUps) wake();
    this.wakeUps.clear();
  }
}
