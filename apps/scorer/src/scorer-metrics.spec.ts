import { Registry } from 'prom-client';
import type { ScoringCounters } from '#scoring';
import { buildBatch, type PlainResult } from '#testing';
import { ScorerMetrics } from './scorer-metrics.js';

const counters = (results: number, unscored: number): ScoringCounters => ({
  batches: 1,
  duplicateBatches: 0,
  results,
  unscored,
  outsideGame: 0,
  late: 0,
});
const result: PlainResult = {
  teamId: 'ants',
  role: 'consumer',
  serviceId: 'router',
  counterpartyId: 'ants',
  intendedAt: 0,
  latencyUs: 1,
  outcome: 'ok',
};

function setUp() {
  const registry = new Registry();
  const time = { nowMs: 1_000_000 };
  const metrics = new ScorerMetrics(registry, () => time.nowMs);
  const line = async (name: string): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((each) => each.startsWith(name));
  return { metrics, time, line };
}

test('unscored results are counted by reason, starting at zero, without naming a team', async () => {
  const { metrics, line } = setUp();
  const name = 'payday_scorer_unscored_results_total';
  expect(await line(name)).toEqual(
    ['prober_error', 'sealed', 'unknown_service', 'too_many_parked'].map(
      (reason) => `${name}{reason="${reason}"} 0`,
    ),
  );
  metrics.committed(counters(90, 10), 5);
  const batch = buildBatch('g', [result, result, result], { proberId: 'p', epoch: 1, seq: 0 });
  metrics.refused([{ code: 'sealed', batch }]);
  expect((await line(name)).slice(0, 2)).toEqual([
    `${name}{reason="prober_error"} 10`,
    `${name}{reason="sealed"} 3`,
  ]);
  expect(await line('payday_scorer_refused_batches_total')).toEqual([
    'payday_scorer_refused_batches_total 1',
  ]);
  expect(await line('payday_scorer_results_total')).toEqual(['payday_scorer_results_total 90']);
});

test('the share covers the last minute and causes a warning above one percent', async () => {
  const { metrics, time, line } = setUp();
  const name = 'payday_scorer_unscored_share';
  expect(await line(name)).toEqual([`${name} 0`]);
  expect(metrics.committed(counters(99, 1), 5)).toBeNull();
  expect(await line(name)).toEqual([`${name} 0.01`]);
  expect(metrics.committed(counters(97, 3), 5)).toEqual({ results: 200, unscored: 4, percent: 2 });
  time.nowMs += 62_000;
  expect(await line(name)).toEqual([`${name} 0`]);
});
