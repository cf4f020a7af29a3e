import fc from 'fast-check';
import { arrivalsBefore, compressScenario, parseScenario } from './index.js';

const scenario = parseScenario(
  `name: Tiny
duration: 10m
services: [{ id: router, checks: [{ id: front, request: { path: / } }] }]
load:
  - { at: 0, label: Opening, requestsPerSecond: 2, ramp: 10s }
  - { at: 5m, label: Peak, requestsPerSecond: 8, ramp: 20s }
timeline:
  - { at: 1m, fault: crash, service: router, ttl: 30s, label: Oh, when: { teamsUp: 80%, by: 2m } }
  - { at: 599s, announcement: Bye }
freeze: 8m
ceremony: { revealAfter: 2m }
`,
  'tiny.yaml',
);

describe('compressScenario', () => {
  it('divides times and leaves rates, windows and pay', () => {
    const fast = compressScenario(scenario, 4);
    expect(fast.durationMs).toBe(150_000);
    expect(fast.load.map(({ atMs, rampMs }) => [atMs, rampMs])).toEqual([
      [0, 2500],
      [75_000, 5000],
    ]);
    expect(fast.timeline).toMatchObject([
      { atMs: 15_000, ttlMs: 7500, when: { teamsUpPercent: 80, byMs: 30_000 } },
      { atMs: 149_750 },
    ]);
    expect(fast.timeline[1]).not.toHaveProperty('when');
    expect(fast).toMatchObject({ freezeAtMs: 120_000, ceremony: { revealAfterMs: 30_000, introduced: 5 } });
    expect(fast.chaos).toEqual({ maxTeams: 5, maxDurationMs: 450_000, cooldownMs: 2500, maxActive: 500 });
    expect(fast.pay).toEqual(scenario.pay);
    expect(fast.load.map((phase) => phase.requestsPerSecond)).toEqual(
      scenario.load.map((phase) => phase.requestsPerSecond),
    );
    expect(arrivalsBefore(fast, 'router', fast.durationMs)).toBe(
      Math.floor(arrivalsBefore(scenario, 'router', scenario.durationMs) / 4),
    );
  });

  it('changes nothing at speed 1, and can slow games down too', () => {
    expect(compressScenario(scenario, 1)).toEqual(scenario);
    expect(compressScenario(scenario, 0.1).durationMs).toBe(6_000_000);
  });

  it('always gives whole windows, with everything in range and in order', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 100, noNaN: true }), (speed) => {
        const { durationMs, load, timeline, pay, freezeAtMs, chaos } = compressScenario(scenario, speed);
        expect(freezeAtMs).toBeLessThan(durationMs);
        expect(durationMs % pay.windowMs).toBe(0);
        expect(load[0]!.atMs + load[0]!.rampMs).toBeLessThanOrEqual(load[1]!.atMs);
        expect(load[1]!.atMs + load[1]!.rampMs).toBeLessThanOrEqual(durationMs);
        for (const entry of timeline) {
          expect(Number.isInteger(entry.atMs)).toBe(true);
          expect(entry.atMs).toBeLessThan(durationMs);
          const latestMs = entry.when?.byMs ?? entry.atMs;
          if (entry.type === 'fault') {
            expect(latestMs + entry.ttlMs).toBeLessThanOrEqual(durationMs);
            expect(entry.ttlMs).toBeLessThanOrEqual(chaos!.maxDurationMs);
          }
        }
      }),
    );
  });

  it.each<[speed: number, durationMs: number, message: string]>([
    [0, 600_000, 'the speed must be a number from 0.1 to 100, got 0'],
    [-2, 600_000, 'the speed must be a number from 0.1 to 100, got -2'],
    [NaN, 600_000, 'the speed must be a number from 0.1 to 100, got NaN'],
    [101, 600_000, 'the speed must be a number from 0.1 to 100, got 101'],
    [100, 60_000, 'at speed 100 the game would last 600 ms, less than one window of 5000 ms'],
    [0.1, 20_000_000, 'at speed 0.1 the game would last longer than 24 hours'],
  ])('refuses speed %p of a game of %p ms', (speed, durationMs, message) => {
    expect(() => compressScenario({ ...scenario, durationMs }, speed)).toThrow(
      expect.objectContaining({ code: 'invalid_speed', message }),
    );
  });

  it('refuses to lose a phase or a fault', () => {
    const close = { ...scenario, load: [scenario.load[0]!, { ...scenario.load[1]!, atMs: 1 }] };
    expect(() => compressScenario(close, 2)).toThrow('at speed 2 nothing is left of the phase "Opening"');
    const short = { ...scenario, timeline: [{ ...scenario.timeline[0]!, ttlMs: 1 }] };
    expect(() => compressScenario(short as typeof scenario, 2)).toThrow(
      'at speed 2 nothing is left of the fault "fault-1"',
    );
  });
});
