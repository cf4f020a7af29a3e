import { randomStream } from '#kernel';
import { ManualTime } from '#testing';
import type { ServiceRequest } from '../http/service.js';
import { behindGate } from './gate.js';
import { capacityOf, drawServiceMs, TeamPerformance } from './performance.js';

const request = (path = 'unicorns', isGone = () => false): ServiceRequest => ({
  method: 'GET',
  segments: [path],
  query: new URLSearchParams(),
  headers: {},
  body: undefined,
  isGone,
});

describe('performance', () => {
  it('makes skilled teams faster and able to carry more', () => {
    const [worst, middle, best] = [capacityOf(0), capacityOf(0.5), capacityOf(1)];
    expect([worst!.medianMs, best!.medianMs].map(Math.round)).toEqual([120, 5]);
    expect(middle!.medianMs).toBeCloseTo(Math.sqrt(5 * 120));
    expect([worst!.workers, middle!.workers, best!.workers]).toEqual([2, 4, 8]);
  });

  it('draws around the median, slower when full, and the same from the same seed', () => {
    const capacity = capacityOf(0.5);
    const draws = (busy: number): number[] => {
      const random = randomStream('s', 'latency');
      return Array.from({ length: 2_000 }, () => drawServiceMs(capacity, busy, random)).sort((a, b) => a - b);
    };
    const quiet = draws(1);
    expect(quiet[1_000]! / capacity.medianMs).toBeCloseTo(1, 1);
    expect(quiet[0]!).toBeGreaterThan(0.5 * capacity.medianMs);
    expect(quiet.at(-1)!).toBeLessThan(6 * capacity.medianMs);
    expect(draws(4)[1_000]!).toBeGreaterThan(1.3 * quiet[1_000]!);
    expect(draws(1)).toEqual(quiet);
  });

  it('drifts with every deploy, within bounds, so that close teams overtake each other', () => {
    const team = (skill: number, name: string) =>
      new TeamPerformance(new Map([['catalog', skill]]), randomStream('race', name));
    const [a, b] = [team(0.8, 'a'), team(0.77, 'b')];
    let changes = 0;
    let aAhead: boolean | undefined;
    for (let i = 0; i < 200; i++) {
      const [qa, qb] = [a!.deploy().quality, b!.deploy().quality];
      expect(Math.abs(qa - 0.8)).toBeLessThanOrEqual(0.1801);
      expect(a!.nextDeployMs()).toBeGreaterThanOrEqual(12_000);
      if (aAhead !== undefined && aAhead !== qa > qb) changes++;
      aAhead = qa > qb;
    }
    expect(changes).toBeGreaterThan(10);
  });
});

describe('the gate', () => {
  const random = randomStream('s', 'gate');
  const capacity = () => ({ medianMs: 10, workers: 2, maxWaiting: 3 });
  const handler = async () => ({ status: 200, body: 'done' });

  it('works on few, lets some wait in order, and answers the rest with 503', async () => {
    const timers = new ManualTime(0);
    const gate = behindGate(handler, { capacity, random, timers });
    const order: number[] = [];
    const answers = Array.from({ length: 7 }, (_, i) =>
      gate(request()).then(
        () => order.push(i),
        (error) => expect(error).toMatchObject({ status: 503, code: 'overloaded' }),
      ),
    );
    await timers.pass(0);
    expect(timers.pendingTimers).toBe(2);
    expect(await gate(request('healthz'))).toMatchObject({ status: 200 });
    await timers.pass(1_000);
    await Promise.all(answers);
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('spends nothing on clients that have hung up', async () => {
    const timers = new ManualTime(0);
    const gate = behindGate(handler, { capacity, random, timers });
    const working = [gate(request()), gate(request())];
    const gone = gate(request('unicorns', () => true));
    const waiting = gate(request());
    const refused = expect(gone).rejects.toThrow('cut');
    await timers.pass(1_000);
    await Promise.all([refused, ...working, waiting]);
    expect(timers.pendingTimers).toBe(0);
  });
});
