import fc from 'fast-check';
import { Deque } from './deque.js';
import { WatermarkTracker, type Outstanding } from './watermark-tracker.js';
import { MAX_RESULTS_PER_BATCH, TeamResults } from './result-buffer.js';

const identity = { gameId: 'g', teamId: 'a', serviceIds: ['s', 't'], proberId: 'p', epoch: 7 };

describe('WatermarkTracker and TeamResults', () => {
  it('never violate a watermark, in whatever order requests end, and reach it in the end', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('send' as const), after: fc.nat(20), service: fc.nat(1) }),
      fc.record({ kind: fc.constant('end' as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant('drain' as const), later: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const tracker = new WatermarkTracker();
        const results = new TeamResults(identity, 1000);
        const open: (Outstanding & { service: number })[] = [];
        let sent = 0;
        let received = 0;
        let now = 1_000;
        let watermark = 0;
        const drain = (): void => {
          results.drain(tracker.advanceTo(now)).forEach((batch, i, all) => {
            for (let row = 0; row < batch.offsetMs.length; row++) {
              expect(batch.baseIntendedAtMs + batch.offsetMs[row]!).toBeGreaterThanOrEqual(watermark);
              received++;
            }
            if (i < all.length - 1) expect(batch.watermarkMs).toBe(watermark);
            expect(batch.watermarkMs).toBeGreaterThanOrEqual(watermark);
            watermark = batch.watermarkMs;
          });
        };
        const end = (index: number): void => {
          const [request] = open.splice(index, 1);
          request!.concluded = true;
          const { intendedAt, service } = request!;
          results.add(service, { intendedAt, latencyUs: 1, outcome: 0, sample: null });
        };
        for (const each of actions) {
          if (each.kind === 'send') {
            const request = { intendedAt: (now += each.after), concluded: false, service: each.service };
            tracker.begin(request);
            open.push(request);
            sent++;
          } else if (each.kind === 'drain') {
            now += each.later + 1;
            drain();
          } else if (open.length > 0) end(each.pick % open.length);
        }
        while (open.length > 0) end(0);
        now++;
        drain();
        expect(received).toBe(sent);
        expect(watermark).toBe(now);
      }),
    );
  });

  it('refuses requests out of order', () => {
    const tracker = new WatermarkTracker();
    tracker.begin({ intendedAt: 5, concluded: false });
    expect(() => tracker.begin({ intendedAt: 4, concluded: false })).toThrow(RangeError);
  });

  it('counts seqs without gaps, sends an empty batch for a watermark alone, and none for nothing', () => {
    const results = new TeamResults(identity, 1000);
    expect(results.drain(0)).toEqual([]);
    expect(results.drain(10)).toMatchObject([{ seq: 0, serviceId: 's', watermarkMs: 10, samples: [] }]);
    expect(results.drain(10)).toEqual([]);
    for (let i = 0; i <= MAX_RESULTS_PER_BATCH; i++)
      results.add(1, { intendedAt: 20, latencyUs: 0, outcome: 0, sample: null });
    const batches = results.drain(30);
    expect(batches.map(({ seq, offsetMs, watermarkMs }) => [seq, offsetMs.length, watermarkMs])).toEqual([
      [1, MAX_RESULTS_PER_BATCH, 10],
      [2, 1, 30],
    ]);
  });

  it('explains at most three failures of a service and window', () => {
    const results = new TeamResults(identity, 1000);
    const sample = (): { checkId: string; request: string; expected: string; got: string } => ({
      checkId: 'c',
      request: 'r',
      expected: 'e',
      got: 'g',
    });
    for (let i = 0; i < 5; i++) results.add(0, { intendedAt: 1_000 + i, latencyUs: 0, outcome: 1, sample });
    const [first] = results.drain(0);
    for (let i = 0; i < 5; i++) results.add(0, { intendedAt: 1_998 + i, latencyUs: 0, outcome: 1, sample });
    const [second] = results.drain(0);
    expect(first!.samples.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(second!.samples.map(({ index }) => index)).toEqual([2, 3, 4]);
  });
});

describe('Deque', () => {
  it('behaves like an array', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat())), (steps) => {
        const deque = new Deque<number>();
        const model: number[] = [];
        for (const step of steps) {
          if (step === null) expect(deque.shift()).toBe(model.shift());
          else {
            deque.push(step);
            model.push(step);
          }
          expect([deque.length, deque.peek(), [...deque]]).toEqual([model.length, model[0], model]);
        }
      }),
    );
    const long = new Deque<number>();
    for (let i = 0; i < 5_000; i++) long.push(i);
    for (let i = 0; i < 5_000; i++) expect(long.shift()).toBe(i);
    expect(long.shift()).toBeUndefined();
  });
});
