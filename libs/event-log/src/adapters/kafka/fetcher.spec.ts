import { setImmediate as nextTurn } from 'node:timers/promises';
import { timersFrom } from '#kernel';
import { Fetcher, FETCH_TIMEOUT_MS } from './fetcher.js';
import type { Topics } from './topics.js';
import type { FetchedMessage, Wire } from './wire.js';

/** A fake broker with a backlog that it can withhold. */
class FakeBroker {
  next = 0;
  isSilent = false;
  resets = 0;
  fetches = 0;

  wire(): Wire {
    const fake = {
      about: () => undefined,
      leaders: async () => new Map([[0, 1]]),
      reset: () => {
        this.resets++;
        this.isSilent = false;
      },
      close: () => undefined,
      sendRequest: async (question: (cluster: unknown) => Promise<unknown>) =>
        question({ findBroker: async () => ({ fetch: (request: FetchRequest) => this.fetch(request) }) }),
    };
    return fake as unknown as Wire;
  }

  private async fetch({ topics: [asked] }: FetchRequest): Promise<unknown> {
    this.fetches++;
    await new Promise((resolve) => setImmediate(resolve));
    const from = Number(asked!.partitions[0]!.fetchOffset);
    const messages = this.isSilent
      ? []
      : Array.from({ length: this.next - from }, (_, i) => message(from + i));
    const partitions = [{ partition: 0, highWatermark: String(this.next), messages }];
    return { responses: [{ topicName: 't', partitions }] };
  }
}

interface FetchRequest {
  topics: { partitions: { fetchOffset: string }[] }[];
}

function message(offset: number): FetchedMessage {
  return {
    key: Buffer.from('k'),
    value: Buffer.from(String(offset)),
    headers: {},
    offset: String(offset),
    timestamp: '0',
  };
}

describe('the fetcher', () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  /** Sleeping advances the time at once. */
  const timers = timersFrom((ms, work) => {
    const turn = setImmediate(() => {
      nowMs += ms;
      work();
    });
    return () => clearImmediate(turn);
  });

  it('reconnects when known records do not arrive', async () => {
    const broker = new FakeBroker();
    broker.next = 3;
    const reports: unknown[] = [];
    const topics = { nameOf: (topic: string) => topic } as unknown as Topics;
    const fetcher = new Fetcher(
      { wire: broker.wire(), topics, timers, clock, report: (error) => reports.push(error) },
      't',
    );
    const feed = fetcher.open(0, 0n, 100);
    await feed.wait(new AbortController().signal);
    expect(feed.read().map(({ position }) => position)).toEqual(['0', '1', '2']);
    // An empty partition is not a stall, however long it lasts.
    const quietUntil = nowMs + 10 * FETCH_TIMEOUT_MS;
    while (nowMs < quietUntil) await nextTurn();
    expect([broker.resets, reports]).toEqual([0, []]);
    broker.isSilent = true;
    broker.next = 5;
    const silentAt = nowMs;
    await feed.wait(new AbortController().signal);
    expect(feed.read().map(({ position }) => position)).toEqual(['3', '4']);
    expect(broker.resets).toBe(1);
    expect(nowMs - silentAt).toBeGreaterThanOrEqual(FETCH_TIMEOUT_MS);
    expect(nowMs - silentAt).toBeLessThan(2 * FETCH_TIMEOUT_MS);
    expect(reports).toMatchObject([{ code: 'consumer_stalled', retryable: true }]);
    await fetcher.close();
  });

  it('stops fetching far ahead of the handler, and resumes when the handler has caught up', async () => {
    const broker = new FakeBroker();
    const topics = { nameOf: (topic: string) => topic } as unknown as Topics;
    const fetcher = new Fetcher({ wire: broker.wire(), topics, timers, clock, report: () => {} }, 't');
    const feed = fetcher.open(0, 0n, 1);
    feed.add([{ ...message(0), value: Buffer.alloc(3_000_000) }], 1n);
    feed.add([message(1)], 2n);
    expect(feed.wantsMore).toBe(false);
    broker.next = 3;
    for (let i = 0; i < 50; i++) await nextTurn();
    expect(broker.fetches).toBe(0);
    expect(feed.read()).toHaveLength(1);
    for (let i = 0; i < 50; i++) await nextTurn();
    expect(broker.fetches).toBeGreaterThan(0);
    expect(feed.read().map(({ position }) => position)).toEqual(['1']);
    expect(feed.read().map(({ position }) => position)).toEqual(['2']);
    await fetcher.close();
  });
});
