import fc from 'fast-check';
import type { Scenario } from '#contracts';
import { buildScenario } from '#testing';
import { KINDS_BY_DRIVER, basisOf, expectedEffect, expectedMoney, type Strike } from './index.js';

/** Good answers bring 7 ¢ up to 50 ms and 3 ¢ up to 200 ms, failures cost 11 ¢; a window of 1 s that is down costs 101 ¢. */
const scenario = buildScenario({ durationMs: 600_000 });
const strike = (overrides: Partial<Strike> = {}): Strike => ({
  ...{ kind: 'crash', params: {}, serviceId: 'catalog', fromMs: 10_000, ttlMs: 10_000, ...overrides },
});
const cost = (overrides: Partial<Strike> = {}, of: Scenario = scenario): number =>
  expectedMoney(of, strike(overrides)).costCents;

describe('the expected cost of a strike', () => {
  it.each<[string, Partial<Strike>, number]>([
    // 20 requests at −11 instead of +7, and ten windows down.
    ['crash', {}, 20 * 18 + 10 * 101],
    ['hang', { kind: 'hang' }, 20 * 18 + 10 * 101],
    ['wrong answers', { kind: 'wrong-answer' }, 20 * 18 + 10 * 101],
    ['a service that weighs more', { serviceId: 'router' }, (20 * 18 + 10 * 101) * 1.5],
    ['half of them fail', { kind: 'error-rate', params: { percent: 50 } }, 10 * 18 + 10 * 101],
    ['too few fail for downtime', { kind: 'error-rate', params: { percent: 10 } }, 2 * 18],
    ['another band', { kind: 'slow', params: { delayMs: 100 } }, 20 * 4],
    ['the delay alone fills the band', { kind: 'slow', params: { delayMs: 50 } }, 20 * 4],
    ['beyond all bands', { kind: 'latency', params: { delayMs: 400 } }, 20 * 7],
    ['too late', { kind: 'slow', params: { delayMs: 1000 } }, 20 * 18 + 10 * 101],
    // A quarter below 50 ms, three quarters below 200.
    ['jitter', { kind: 'jitter', params: { maxMs: 200 } }, 15 * 4],
    // Half of the answers are later than the timeout of 1 s: downtime; of the others 5 % are quick, 15 % slow.
    [
      'jitter beyond the timeout',
      { kind: 'jitter', params: { maxMs: 2000 } },
      10 * 18 + 20 * (0.025 * 0 + 0.075 * 4 + 0.4 * 7) + 10 * 101,
    ],
    ['delay and jitter', { kind: 'toxiproxy-latency', params: { delayMs: 100, jitterMs: 100 } }, 15 * 4],
    // 512 bytes a second are two answers of 256 bytes a second, each of which takes 500 ms.
    ['a narrow line', { kind: 'bandwidth', params: { bytesPerSecond: 512 } }, 20 * 7],
    ['a line that is too narrow', { kind: 'bandwidth', params: { bytesPerSecond: 511 } }, 20 * 18 + 1010],
    ['one of four breaks off', { kind: 'toxiproxy-limit-data', params: { bytes: 1000 } }, 5 * 18 + 1010],
    // 2 MiB at 0 s, 4 at 1 s (half of the cap), 6 at 2 s (375 ms), down from 3 s on.
    [
      'a leak',
      { kind: 'memory-leak', params: { mebibytesPerSecond: 2, capMebibytes: 8 } },
      2 * 7 + 14 * 18 + 7 * 101,
    ],
    ['an unknown effect', { kind: 'webhook', params: { action: 'x', size: 3 } }, 20 * 18 + 10 * 101],
    ['an undeclared kind', { kind: 'meteor' }, 20 * 18 + 10 * 101],
    ['windows that do not score', { scoring: 'pause' }, 0],
    ['no time', { ttlMs: 0 }, 0],
    ['after the end', { fromMs: 600_000 }, 0],
    ['up to the end', { fromMs: 595_000 }, 10 * 18 + 5 * 101],
    // Half of a window is down, which is more than a tenth.
    ['half of a window', { fromMs: 10_500, ttlMs: 500 }, 18 + 101],
    ['less than a tenth of a window', { fromMs: 10_000, ttlMs: 99 }, Math.floor(0.198 * 18)],
  ])('%s', (_, overrides, cents) => {
    expect(cost(overrides)).toBe(cents);
  });

  it('is zero for a traffic spike, which has a gain', () => {
    const money = expectedMoney(scenario, strike({ kind: 'traffic-spike', params: { percent: 300 } }));
    expect(money).toEqual({ costCents: 0, gainCents: 60 * 7 });
  });

  it('describes its assumptions', () => {
    expect(basisOf(scenario, strike({ kind: 'slow', params: { delayMs: 400 } }))).toBe(
      'every answer is delayed by 400 ms; 20 requests in that time',
    );
    expect(basisOf(scenario, strike({ scoring: 'pause' }))).toBe('the struck windows do not score');
  });

  it('is declared for every kind and all parameters, with phases from 0 on and shares of at most 100 %', () => {
    for (const [kind, { params }] of Object.values(KINDS_BY_DRIVER).flatMap((specs) =>
      Object.entries(specs),
    )) {
      const values = Object.entries(params).map(([name, rule]) =>
        'pattern' in rule
          ? fc.constant([name, 'x'] as const)
          : fc.integer({ min: rule.min, max: rule.max }).map((value) => [name, value] as const),
      );
      fc.assert(
        fc.property(fc.tuple(...values), (chosen) => {
          const effect = expectedEffect(kind, Object.fromEntries(chosen));
          if (effect.type === 'traffic') return;
          expect(effect.phases[0]!.fromMs).toBe(0);
          for (const { fates } of effect.phases) {
            for (const { shareBp } of fates) expect(Number.isInteger(shareBp) && shareBp >= 0).toBe(true);
            expect(fates.reduce((sum, { shareBp }) => sum + shareBp, 0)).toBeLessThanOrEqual(10_000);
          }
        }),
        { numRuns: 20 },
      );
    }
  });
});

const params = fc.oneof(
  fc.constantFrom<Partial<Strike>>(
    { kind: 'crash' },
    { kind: 'memory-leak', params: { mebibytesPerSecond: 3, capMebibytes: 20 } },
    { kind: 'webhook', params: { action: 'x' } },
  ),
  fc.integer({ min: 1, max: 100 }).map((percent) => ({ kind: 'error-rate', params: { percent } })),
  fc.integer({ min: 1, max: 3000 }).map((delayMs) => ({ kind: 'slow', params: { delayMs } })),
  fc.integer({ min: 1, max: 3000 }).map((maxMs) => ({ kind: 'jitter', params: { maxMs } })),
  fc.integer({ min: 1, max: 5000 }).map((rate) => ({ kind: 'bandwidth', params: { bytesPerSecond: rate } })),
);
const strikes = fc
  .tuple(params, fc.integer({ min: 0, max: 600_000 }), fc.integer({ min: 0, max: 300_000 }))
  .map(([kind, fromMs, ttlMs]) => strike({ ...kind, fromMs, ttlMs }));
/** Tenths of a request a second, in two phases with a ramp. */
const loads = fc.tuple(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 80 }));
const loaded = ([first, second]: [number, number], factor = 1): Scenario => {
  const phase = (atMs: number, rampMs: number, tenths: number) => ({
    ...{ atMs, label: 'x', rampMs, requestsPerSecond: { router: 1, catalog: (tenths * factor) / 10 } },
  });
  return { ...scenario, load: [phase(0, 0, first), phase(200_000, 60_000, second)] };
};

describe('the expected cost', () => {
  it('is whole cents, ≥ 0', () => {
    fc.assert(
      fc.property(strikes, loads, (what, load) => {
        const { costCents, gainCents } = expectedMoney(loaded(load), what);
        expect([Number.isSafeInteger(costCents) && costCents >= 0, gainCents]).toEqual([true, 0]);
      }),
    );
  });

  it('never falls when the load grows', () => {
    fc.assert(
      fc.property(strikes, loads, fc.integer({ min: 1, max: 5 }), (what, load, factor) => {
        const less = expectedMoney(loaded(load), what).costCents;
        expect(expectedMoney(loaded(load, factor), what).costCents).toBeGreaterThanOrEqual(less);
      }),
    );
  });

  it('never falls when the fault lasts longer', () => {
    fc.assert(
      fc.property(strikes, loads, fc.integer({ min: 0, max: 60_000 }), (what, load, more) => {
        const longer = { ...what, ttlMs: what.ttlMs + more };
        const less = expectedMoney(loaded(load), what).costCents;
        expect(expectedMoney(loaded(load), longer).costCents).toBeGreaterThanOrEqual(less);
      }),
    );
  });

  it('never falls when a failure is fined more', () => {
    fc.assert(
      fc.property(strikes, loads, fc.integer({ min: 0, max: 1000 }), (what, load, more) => {
        const mild = loaded(load);
        const pay = { ...mild.pay, failureCents: mild.pay.failureCents - more };
        const less = expectedMoney(mild, what).costCents;
        expect(expectedMoney({ ...mild, pay }, what).costCents).toBeGreaterThanOrEqual(less);
      }),
    );
  });

  it('of a crash matches an account request by request', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 8 }),
        (second, seconds, rate) => {
          // Whole windows of whole requests: nothing is left to round.
          const of = loaded([rate * 10, rate * 10]);
          let cents = 0;
          for (let window = 0; window < seconds; window++) {
            for (let request = 0; request < rate; request++) cents += 7 + 11;
            if (rate >= of.pay.downtime.minProbes) cents += 101;
          }
          expect(cost({ fromMs: second * 1000, ttlMs: seconds * 1000 }, of)).toBe(cents);
        },
      ),
    );
  });
});
