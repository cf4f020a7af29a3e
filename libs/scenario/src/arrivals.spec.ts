import fc from 'fast-check';
import type { Scenario } from '#contracts';
import {
  arrivals,
  arrivalsBefore,
  parseScenario,
  phaseAt,
  requestRate,
  teamArrivalMs,
  teamPhaseMs,
} from './index.js';

const base = parseScenario(
  `name: Tiny
duration: 60s
seed: tiny
services:
  - id: router
    checks:
      - { id: often, weight: 3, request: { path: '/{{n}}' }, cases: [{ n: 1 }, { n: 2 }, { n: 3 }] }
      - { id: seldom, request: { path: / } }
load: [{ at: 0, label: All day, requestsPerSecond: 2.5 }]
`,
  'tiny.yaml',
);

/** Valid phases over 60 s: any instants, ramps that may fill their phase, rates in thousandths. */
const scenarios: fc.Arbitrary<Scenario> = fc
  .uniqueArray(fc.integer({ min: 1, max: 59_999 }), { maxLength: 5 })
  .chain((later) => {
    const starts = [0, ...later.sort((a, b) => a - b)];
    return fc.tuple(
      ...starts.map((atMs, index) => {
        const lengthMs = (starts[index + 1] ?? 60_000) - atMs;
        return fc.record({
          atMs: fc.constant(atMs),
          label: fc.constant('phase'),
          rampMs: fc.integer({ min: 0, max: lengthMs }),
          requestsPerSecond: fc.nat(9000).map((milli) => ({ router: milli / 1000 })),
        });
      }),
    );
  })
  .map((load) => ({ ...base, load }));

describe('the rate', () => {
  const ramped: Scenario = {
    ...base,
    load: [
      { atMs: 0, label: 'Opening', requestsPerSecond: { router: 2 }, rampMs: 10_000 },
      { atMs: 30_000, label: 'Peak', requestsPerSecond: { router: 8 }, rampMs: 4000 },
    ],
  };

  it.each([
    [-1, 0],
    [0, 0],
    [2500, 500],
    [9999, 1999],
    [10_000, 2000],
    [29_999, 2000],
    [31_000, 3500],
    [34_000, 8000],
    [59_999, 8000],
    [60_000, 0],
  ])('at %p ms is %p thousandths', (atMs, rate) => expect(requestRate(ramped, 'router', atMs)).toBe(rate));

  it('has a phase at every time', () => {
    expect([-5, 0, 29_999, 30_000, 90_000].map((atMs) => phaseAt(ramped, atMs).label)).toEqual([
      'Opening',
      'Opening',
      'Opening',
      'Peak',
      'Peak',
    ]);
  });

  it('integrates exactly', () => {
    // 10 s of ramp to 2/s, 20 s at 2/s, 4 s of ramp from 2/s to 8/s, 26 s at 8/s.
    expect(arrivalsBefore(ramped, 'router', 60_000)).toBe(10 + 40 + 20 + 208);
    expect(arrivalsBefore(ramped, 'router', 5000)).toBe(2);
    expect(arrivalsBefore(ramped, 'router', 99_000)).toBe(278);
    expect(arrivalsBefore(ramped, 'router', -1)).toBe(0);
  });

  it('does not drift over a day at an odd rate', () => {
    const day = { ...base, durationMs: 24 * 3_600_000 };
    day.load = [{ atMs: 0, label: 'x', requestsPerSecond: { router: 0.333 }, rampMs: 0 }];
    expect(arrivalsBefore(day, 'router', day.durationMs)).toBe(Math.floor(86_400 * 0.333));
  });

  it('agrees with its integral, summed step by step', () => {
    fc.assert(
      fc.property(scenarios, fc.integer({ min: 0, max: 60_000 }), (scenario, atMs) => {
        let sum = 0;
        for (let t = 0; t < atMs; t++)
          sum += (requestRate(scenario, 'router', t) + requestRate(scenario, 'router', t + 1)) / 2;
        // The sum of trapezoids is off by the steps (one half-step per phase) and the rounding of ramps.
        const slack = (9000 * 7 + atMs) / 1e6;
        expect(Math.abs(sum / 1e6 - arrivalsBefore(scenario, 'router', atMs))).toBeLessThan(1 + slack);
      }),
      { numRuns: 10 },
    );
  });
});

describe('arrivals', () => {
  it('match the growth of the integral in each second, numbered without gaps', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        let before = 0;
        for (let second = 0; second < 60; second++) {
          const found = arrivals(scenario, 'router', second);
          expect(before).toBe(arrivalsBefore(scenario, 'router', second * 1000));
          expect(found.map(({ index }) => index)).toEqual(found.map((_, nth) => before + nth));
          before += found.length;
        }
        expect(before).toBe(arrivalsBefore(scenario, 'router', 60_000));
      }),
      { numRuns: 25 },
    );
  });

  it('are the same whether a second is computed alone or in sequence', () => {
    fc.assert(
      fc.property(scenarios, fc.shuffledSubarray([...Array(60).keys()]), (scenario, seconds) => {
        const sequential = [...Array(60).keys()].map((second) => arrivals(scenario, 'router', second));
        for (const second of seconds)
          expect(arrivals(structuredClone(scenario), 'router', second)).toEqual(sequential[second]);
      }),
      { numRuns: 10 },
    );
  });

  it('lie within their second, each in its own share of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.nat(59), (rate, second) => {
        const load = [{ atMs: 0, label: 'x', requestsPerSecond: { router: rate }, rampMs: 0 }];
        const found = arrivals({ ...base, load }, 'router', second);
        expect(found).toHaveLength(rate);
        found.forEach(({ offsetMs }, nth) => {
          expect(Number.isInteger(offsetMs)).toBe(true);
          expect(offsetMs).toBeGreaterThanOrEqual(Math.floor((nth * 1000) / rate));
          expect(offsetMs).toBeLessThanOrEqual(Math.min(999, Math.ceil(((nth + 1) * 1000) / rate)));
        });
      }),
      { numRuns: 25 },
    );
  });

  it('draw checks by weight and cases evenly', () => {
    const load = [{ atMs: 0, label: 'x', requestsPerSecond: { router: 400 }, rampMs: 0 }];
    const found = [...Array(60).keys()].flatMap((second) => arrivals({ ...base, load }, 'router', second));
    const often = found.filter(({ checkId }) => checkId === 'often');
    expect(often.length / found.length).toBeCloseTo(0.75, 1);
    for (const caseIndex of [0, 1, 2])
      expect(often.filter((each) => each.caseIndex === caseIndex).length / often.length).toBeCloseTo(
        1 / 3,
        1,
      );
    expect(new Set(found.map((each) => each.caseIndex))).toEqual(new Set([0, 1, 2]));
  });

  it('depend on the seed alone', () => {
    const again = arrivals({ ...base, name: 'Other', seed: 'tiny' }, 'router', 7);
    expect(again).toEqual(arrivals(base, 'router', 7));
    const other = [...Array(20).keys()].map((second) =>
      arrivals({ ...base, seed: 'other' }, 'router', second),
    );
    expect(other).not.toEqual([...Array(20).keys()].map((second) => arrivals(base, 'router', second)));
  });

  it('are empty outside the game, and an error for unknown services', () => {
    expect(arrivals(base, 'router', -1)).toEqual([]);
    expect(arrivals(base, 'router', 60)).toEqual([]);
    expect(() => arrivals(base, 'nope', 0)).toThrow('the scenario has no service "nope"');
  });
});

describe('teams', () => {
  it('are shifted evenly', () => {
    expect([0, 1, 2, 3].map((team) => teamPhaseMs(team, 4))).toEqual([0, 250, 500, 750]);
    expect(() => teamPhaseMs(4, 4)).toThrow(RangeError);
    expect(() => teamPhaseMs(0.5, 4)).toThrow(RangeError);
  });

  it('get the same requests in every second, whatever their phase', () => {
    fc.assert(
      fc.property(scenarios, fc.integer({ min: 1, max: 1000 }), fc.nat(59), (scenario, teamCount, second) => {
        const found = arrivals(scenario, 'router', second);
        for (const team of [0, Math.floor(teamCount / 2), teamCount - 1]) {
          const phaseMs = teamPhaseMs(team, teamCount);
          for (const arrival of found)
            expect(Math.floor(teamArrivalMs(second, arrival, phaseMs) / 1000)).toBe(second);
        }
      }),
      { numRuns: 25 },
    );
  });
});
