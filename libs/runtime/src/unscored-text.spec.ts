import type { UnscoredReport } from '#contracts';
import { requestShare, unscoredLines } from './unscored-text.js';

const report = (
  unscored: number,
  requests: number,
  windows: UnscoredReport['windows'] = [],
): UnscoredReport => ({
  total: { requests, unscored },
  teams: [{ teamId: 'ants', requests, unscored, services: [{ id: 'router', requests, unscored }] }],
  windows,
  windowsAbove: windows.length,
});
const window = (windowIndex: number) => ({
  teamId: 'ants',
  serviceId: 'router',
  windowIndex,
  windowStartAt: 0,
  requests: 50,
  unscored: 1,
});

test('a share is never rounded to nothing', () => {
  expect(requestShare({ requests: 40_000, unscored: 12 })).toBe('12 of 40,000 requests (0.03 %)');
  expect(requestShare({ requests: 1_000_000, unscored: 1 })).toBe('1 of 1,000,000 requests (0.01 %)');
  expect(requestShare({ requests: 0, unscored: 0 })).toBe('0 of 0 requests (0.00 %)');
});

test('a share of one per cent is reported; a larger one is a warning that names teams and services', () => {
  expect(unscoredLines(report(0, 1000))).toEqual([
    "not scored for trouble of the prober's own: 0 of 1,000 requests (0.00 %)",
  ]);
  expect(unscoredLines(report(10, 1000))).toEqual([
    "not scored for trouble of the prober's own: 10 of 1,000 requests (1.00 %)",
    '  team ants: 10 of 1,000 requests (1.00 %): router 10 of 1,000 requests (1.00 %)',
  ]);
  expect(unscoredLines(report(11, 1000))).toEqual([
    "WARNING: not scored for trouble of the prober's own: 11 of 1,000 requests (1.10 %); above 1 % for what is marked with ! (docs/scoring.md says when that is)",
    '  !team ants: 11 of 1,000 requests (1.10 %): !router 11 of 1,000 requests (1.10 %)',
  ]);
});

test('windows above the limit are a note even if the total is not above it; the worst are listed', () => {
  const lines = unscoredLines(report(7, 10_000, [3, 4, 5, 6, 7, 8, 9].map(window)));
  expect(lines[0]).toMatch(/^NOTE: not scored /);
  expect(lines[2]).toBe('  !window 3, team ants, service router: 1 of 50 requests (2.00 %)');
  expect(lines).toHaveLength(8);
  expect(lines.at(-1)).toBe('  and 2 more windows; payday export ledger has them all (reason unscored)');
});
