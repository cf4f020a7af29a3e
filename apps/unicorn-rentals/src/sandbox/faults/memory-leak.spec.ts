import { randomStream } from '#kernel';
import { ManualTime } from '#testing';
import { LeakyMemory } from '../leaky-memory.js';
import type { FaultEffect } from './kind.js';
import { memoryLeak } from './memory-leak.js';

const MIB = 1024 * 1024;
const PLENTY = () => 64 * 1024 * MIB;

describe('leaky memory', () => {
  it('is really held, and really given back', () => {
    const before = process.memoryUsage.rss();
    const memory = new LeakyMemory(64 * MIB, PLENTY);
    for (let i = 0; i < 4; i++) memory.leak(16 * MIB);
    expect(memory.heldBytes).toBe(64 * MIB);
    const leaked = process.memoryUsage.rss();
    memory.release();
    const after = process.memoryUsage.rss();
    expect(leaked - before).toBeGreaterThan(48 * MIB);
    expect(leaked - after).toBeGreaterThan(48 * MIB);
  });

  it('takes nothing from a machine that has little left, and counts on', () => {
    const memory: LeakyMemory = new LeakyMemory(64 * MIB, () => 770 * MIB - memory.heldBytes);
    memory.leak(2 * MIB);
    memory.leak(1 * MIB);
    expect([memory.leakedBytes, memory.heldBytes]).toEqual([3 * MIB, 2 * MIB]);
  });

  it('stops at its cap', () => {
    const memory = new LeakyMemory(8 * MIB, PLENTY);
    memory.leak(16 * MIB);
    expect([memory.leakedBytes, memory.heldBytes]).toEqual([8 * MIB, 8 * MIB]);
  });
});

describe('memory-leak', () => {
  let timers: ManualTime;
  let end: AbortController;
  let changes: number;
  let effect: FaultEffect;

  beforeEach(() => {
    timers = new ManualTime(0);
    end = new AbortController();
    changes = 0;
    effect = memoryLeak.begin(
      { mebibytesPerSecond: 1, capMebibytes: 10 },
      {
        serviceId: 'catalog',
        random: randomStream('s', 'f'),
        timers,
        ended: end.signal,
        availableBytes: PLENTY,
        changed: () => changes++,
      },
    );
    effect.start!();
  });
  afterEach(() => end.abort());

  /** How long the fault holds a request back, ms. */
  async function delayMs(): Promise<number> {
    const begin = timers.monotonicMs();
    let doneAt: number | undefined;
    const answer = { status: 200, body: null };
    void effect.intercept!({} as never, async () => answer).then(() => (doneAt = timers.monotonicMs()));
    await timers.pass(0);
    while (doneAt === undefined) await timers.pass(1);
    return doneAt - begin;
  }

  it('is not felt at first, then slows down, then crashes, and stays down', async () => {
    expect(await delayMs()).toBe(0);
    await timers.pass(7_000);
    const late = await delayMs();
    expect(late).toBeGreaterThan(300);
    expect(late).toBeLessThan(1_500);
    expect(effect.refusesConnections).toBe(false);
    await timers.pass(2_000);
    expect([effect.refusesConnections, changes]).toEqual([true, 1]);
    await timers.pass(60_000);
    expect([effect.refusesConnections, changes]).toEqual([true, 1]);
  });

  it('leaves no timer when it ends', () => {
    end.abort();
    expect(timers.pendingTimers).toBe(0);
  });
});
