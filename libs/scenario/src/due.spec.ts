import type { ServiceState } from '#contracts';
import { dueEntries, nextEntryAt, parseScenario, teamsUpPercent } from './index.js';

const scenario = parseScenario(
  `name: Tiny
duration: 60s
services: [{ id: router, checks: [{ id: front, request: { path: / } }] }]
load: [{ at: 0, label: All day, requestsPerSecond: 2 }]
timeline:
  - { at: 0, announcement: A, id: a }
  - { at: 5s, announcement: B, id: b, when: { teamsUp: 80% } }
  - { at: 5s, announcement: C, id: c, when: { teamsUp: 50%, by: 20s } }
  - { at: 30s, announcement: D, id: d }
`,
  'tiny.yaml',
);
const NONE = new Set<string>();

describe('which entries are due', () => {
  const due = (gameMs: number, upPercent: number, done: ReadonlySet<string> = NONE) =>
    dueEntries(scenario, done, gameMs, upPercent).map(({ entry, dueAtMs }) => `${entry.id} ${dueAtMs}`);

  it('runs an entry from its time on, once', () => {
    expect(due(-1, 0)).toEqual([]);
    expect(due(0, 0)).toEqual(['a 0']);
    expect(due(4000, 0)).toEqual(['a 0']);
    expect(due(30_000, 0, new Set(['a', 'c']))).toEqual(['d 30000']);
  });

  it('runs an entry with a condition when it holds, not before its time', () => {
    expect(due(4999, 100)).toEqual(['a 0']);
    expect(due(5000, 100)).toEqual(['a 0', 'b 5000', 'c 5000']);
    expect(due(7000, 79)).toEqual(['a 0', 'c 7000']);
    expect(due(7000, 80)).toEqual(['a 0', 'b 7000', 'c 7000']);
  });

  it('runs it at its latest time in any case, and never without one', () => {
    expect(due(19_999, 49)).toEqual(['a 0']);
    expect(due(20_000, 49)).toEqual(['a 0', 'c 20000']);
    expect(due(59_000, 49)).toEqual(['a 0', 'c 20000', 'd 30000']);
  });
});

it('tells when to check again, and whether statuses can change anything', () => {
  const next = (gameMs: number, ...done: string[]) => nextEntryAt(scenario, new Set(done), gameMs);
  expect(next(-1000)).toEqual({ atMs: 0, waitsForTeams: false });
  expect(next(0, 'a')).toEqual({ atMs: 5000, waitsForTeams: false });
  expect(next(5000, 'a')).toEqual({ atMs: 20_000, waitsForTeams: true });
  expect(next(5000, 'a', 'c')).toEqual({ atMs: 30_000, waitsForTeams: true });
  expect(next(31_000, 'a', 'c', 'd')).toEqual({ atMs: null, waitsForTeams: true });
  expect(next(31_000, 'a', 'b', 'c', 'd')).toEqual({ atMs: null, waitsForTeams: false });
});

describe('the share of teams that are up', () => {
  const statuses: Record<string, ServiceState[]> = {
    ants: ['up', 'up'],
    bees: ['up', 'slow'],
    cats: ['up', 'failing'],
    dogs: ['down', 'up'],
    emus: ['unknown', 'missing'],
    none: [],
  };
  const percent = (...teams: string[]) =>
    teamsUpPercent(teams, (teamId) => statuses[teamId]?.map((state) => ({ state })));

  it('counts slow services as up, and no others', () => {
    expect(['ants', 'bees', 'cats', 'dogs', 'emus'].map((team) => percent(team))).toEqual([
      100, 100, 0, 0, 0,
    ]);
  });

  it('rounds down, and counts a team without known statuses as down', () => {
    expect(percent('ants', 'bees', 'cats')).toBe(66);
    expect(percent('ants', 'yaks', 'none')).toBe(33);
    expect(percent()).toBe(0);
  });
});
