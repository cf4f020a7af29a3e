import { readFileSync, readdirSync } from 'node:fs';
import type { Scenario } from '#contracts';
import {
  adviceOn,
  arrivals,
  arrivalsBefore,
  compressScenario,
  forecast,
  judge,
  parseScenario,
  renderRequest,
} from './index.js';

const folder = new URL('../../../scenarios/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .sort();

interface Expected {
  /** Requests of one team over the whole game; change them on purpose. */
  requests: Record<string, number>;
  /** What a team with perfect services earns per minute, on average, in dollars. */
  bestPerMinute: [low: number, high: number];
}
const EXPECTED: Record<string, Expected> = {
  'chaos-school.yaml': {
    requests: { router: 1795, catalog: 1346, pricing: 1346, booking: 1346 },
    bestPerMinute: [500, 600],
  },
  'demo.yaml': {
    requests: { router: 2205, catalog: 1653, pricing: 1653, booking: 1653 },
    bestPerMinute: [900, 1100],
  },
  'quick.yaml': {
    requests: { router: 252, catalog: 168, pricing: 168, booking: 168 },
    bestPerMinute: [900, 1200],
  },
  'unicorn-rentals.yaml': {
    requests: { router: 50_040, catalog: 37_530, pricing: 37_530, booking: 37_530 },
    bestPerMinute: [900, 1100],
  },
};
/** Fault kinds for teams in sandboxes. A test of `payday scenario check` covers whether drivers exist. */
const FAULT_KINDS = [
  ...['crash', 'slow', 'wrong-answer', 'hang', 'error-rate', 'config-vanishes', 'memory-leak'],
  ...['latency', 'jitter', 'reset', 'black-hole', 'bandwidth', 'traffic-spike'],
];
const faultsOf = (scenario: Scenario) =>
  scenario.timeline.flatMap((entry) => (entry.type === 'fault' ? [entry] : []));

const shipped = (file: string): Scenario =>
  parseScenario(readFileSync(new URL(file, folder), 'utf8'), file, { faultKinds: FAULT_KINDS });

describe('shipped scenarios', () => {
  it('are all described here', () => expect(files).toEqual(Object.keys(EXPECTED).sort()));

  describe.each(files)('%s', (file) => {
    const scenario = shipped(file);
    const { requests, bestPerMinute } = EXPECTED[file]!;

    it('gets no advice', () => expect(adviceOn(scenario)).toEqual([]));

    it('sends every team the expected number of requests', () => {
      const counts = scenario.services.map(({ id }) => [
        id,
        arrivalsBefore(scenario, id, scenario.durationMs),
      ]);
      expect(Object.fromEntries(counts)).toEqual(requests);
    });

    it('uses all of its checks and cases', () => {
      for (const { id, checks } of scenario.services) {
        const all = [...Array(scenario.durationMs / 1000).keys()].flatMap((second) =>
          arrivals(scenario, id, second),
        );
        for (const check of checks) {
          const used = new Set(all.filter((each) => each.checkId === check.id).map((each) => each.caseIndex));
          expect(`${check.id} ${used.size}`).toBe(`${check.id} ${check.cases.length}`);
        }
      }
    });

    it('renders every case without leftover placeholders, and accepts its own expectations', () => {
      for (const check of scenario.services.flatMap(({ checks }) => checks)) {
        check.cases.forEach((_, caseIndex) => {
          const { expect: expected, ...request } = renderRequest(check, caseIndex, 'a-uuid');
          expect(JSON.stringify([request, expected])).not.toMatch(/\{\{|undefined/);
          const bodyText =
            expected.json === undefined ? (expected.contains ?? '') : JSON.stringify(expected.json);
          expect(judge(expected, { status: expected.status, bodyText })).toEqual({ ok: true });
        });
      }
    });

    it('pays a good team well, and a broken one badly', () => {
      const services = forecast(scenario);
      const best = services.reduce((sum, { perfectCents }) => sum + perfectCents, 0);
      const perMinute = (best * 60_000) / scenario.durationMs / 100;
      expect(perMinute).toBeGreaterThan(bestPerMinute[0]);
      expect(perMinute).toBeLessThan(bestPerMinute[1]);
      const worst = services.reduce((sum, { brokenCents }) => sum + brokenCents, 0);
      expect(worst).toBeLessThan(-3 * best);
    });

    it('makes any single service that is down cost more than the others earn, under any load', () => {
      const { speedBands, failureCents, downtime, windowMs } = scenario.pay;
      for (const { label, requestsPerSecond } of scenario.load) {
        const perWindow = (id: string) => (requestsPerSecond[id]! * windowMs) / 1000;
        for (const { id } of scenario.services) {
          expect(Math.floor(perWindow(id))).toBeGreaterThanOrEqual(downtime.minProbes);
          const others = scenario.services.filter((each) => each.id !== id);
          const earned = others.reduce((sum, each) => sum + perWindow(each.id) * speedBands[0]!.cents, 0);
          const lost = perWindow(id) * failureCents + downtime.cents;
          expect(`${label} ${id} ${Math.sign(earned + lost)}`).toBe(`${label} ${id} -1`);
        }
      }
    });

    it('has a crash, a slow and a wrong-answer fault, and survives being played ten times as fast', () => {
      const kinds = faultsOf(scenario).map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['crash', 'slow', 'wrong-answer']));
      expect(compressScenario(scenario, 10).timeline).toHaveLength(scenario.timeline.length);
    });
  });
});

it('unicorn-rentals.yaml is a whole day: story, every kind of trouble, and a freeze', () => {
  const scenario = shipped('unicorn-rentals.yaml');
  const { timeline, durationMs, freezeAtMs, ceremony } = scenario;
  expect(durationMs).toBe(4 * 3_600_000);
  expect(freezeAtMs).toBeLessThan(durationMs);
  expect(ceremony!.revealAfterMs).not.toBeNull();
  expect([...new Set(faultsOf(scenario).map(({ kind }) => kind))].sort()).toEqual([...FAULT_KINDS].sort());
  expect(timeline.some((entry) => entry.type === 'announcement' && entry.videoUrl !== undefined)).toBe(true);
  expect(timeline.some((entry) => entry.when !== undefined)).toBe(true);
  expect(faultsOf(scenario).some(({ scoring }) => scoring === 'pause')).toBe(true);
});

it('chaos-school.yaml shows each kind of trouble once, to everybody, one at a time, and explains it before', () => {
  const scenario = shipped('chaos-school.yaml');
  const faults = faultsOf(scenario);
  expect(faults.map(({ kind }) => kind).sort()).toEqual([...FAULT_KINDS].sort());
  let freeAtMs = 0;
  for (const { atMs, ttlMs, teams, kind } of faults) {
    expect(teams).toBe('all');
    expect(atMs).toBeGreaterThanOrEqual(freeAtMs);
    freeAtMs = atMs + ttlMs;
    const before = scenario.timeline.filter((entry) => entry.type === 'announcement' && entry.atMs < atMs);
    expect(before.at(-1)).toMatchObject({ id: `about-${kind}`, atMs: atMs - 10_000 });
  }
});
