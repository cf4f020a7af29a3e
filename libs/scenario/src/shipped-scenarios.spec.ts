import { readFileSync, readdirSync } from 'node:fs';
import type { Scenario } from '#contracts';
import { arrivals, arrivalsBefore, compressScenario, judge, parseScenario, renderRequest } from './index.js';

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
  'demo.yaml': {
    requests: { router: 2205, catalog: 1653, pricing: 1653, booking: 1653 },
    bestPerMinute: [900, 1100],
  },
  'quick.yaml': {
    requests: { router: 252, catalog: 168, pricing: 168, booking: 168 },
    bestPerMinute: [900, 1200],
  },
};
/** The kinds that the sandbox of the demo company knows. */
const FAULT_KINDS = ['crash', 'slow', 'wrong-answer', 'hang', 'error-rate'];

describe('shipped scenarios', () => {
  it('are all described here', () => expect(files).toEqual(Object.keys(EXPECTED).sort()));

  describe.each(files)('%s', (file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const scenario = parseScenario(text, file, { faultKinds: FAULT_KINDS });
    const { requests, bestPerMinute } = EXPECTED[file]!;

    it('sends every team the expected number of requests', () => {
      const counts = scenario.services.map(({ id }) => [
        id,
        arrivalsBefore(scenario, id, scenario.durationMs),
      ]);
      expect(Object.fromEntries(counts)).toEqual(requests);
    });

    it('uses every check and every case that it holds', () => {
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

    it('renders every case without a placeholder left, and judges its own expectation right', () => {
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

    it('pays a good team well', () => {
      const perMinute = (best(scenario, requests) * 60_000) / scenario.durationMs / 100;
      expect(perMinute).toBeGreaterThan(bestPerMinute[0]);
      expect(perMinute).toBeLessThan(bestPerMinute[1]);
    });

    it('makes any one service that is down cost more than the others earn, under any load', () => {
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
      const kinds = scenario.timeline.flatMap((entry) => (entry.type === 'fault' ? [entry.kind] : []));
      expect(kinds).toEqual(expect.arrayContaining(['crash', 'slow', 'wrong-answer']));
      expect(compressScenario(scenario, 10).timeline).toHaveLength(scenario.timeline.length);
    });
  });
});

/** Cents of a team whose every answer is good and fast. */
function best(scenario: Scenario, requests: Record<string, number>): number {
  return scenario.services.reduce(
    (sum, { id, weightPercent }) =>
      sum + (requests[id]! * scenario.pay.speedBands[0]!.cents * weightPercent) / 100,
    0,
  );
}
