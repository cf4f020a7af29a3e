import fc from 'fast-check';
import { parseScenario, resolveTargets, timelineBetween } from './index.js';

const TEAMS = ['ants', 'bees', 'cats', 'dogs', 'emus'];
const target = (id: string, teams: 'all' | number | string[]) => ({ id, teams });

describe('timelineBetween', () => {
  it('includes the start and excludes the end', () => {
    const scenario = parseScenario(
      `name: Tiny
duration: 60s
services: [{ id: router, checks: [{ id: front, request: { path: / } }] }]
load: [{ at: 0, label: All day, requestsPerSecond: 2 }]
timeline: [{ at: 0, announcement: A }, { at: 5s, announcement: B }, { at: 10s, announcement: C }]
`,
      'tiny.yaml',
    );
    const ids = (from: number, to: number) => timelineBetween(scenario, from, to).map(({ id }) => id);
    expect(ids(0, 5000)).toEqual(['announcement-1']);
    expect(ids(5000, 10_000)).toEqual(['announcement-2']);
    expect(ids(-1, 60_000)).toHaveLength(3);
    expect(ids(5000, 5000)).toEqual([]);
  });
});

describe('resolveTargets', () => {
  it('takes all teams, or the listed ones in the game', () => {
    expect(resolveTargets(target('f', 'all'), TEAMS, 's', new Map())).toEqual(TEAMS);
    expect(resolveTargets(target('f', ['dogs', 'yaks', 'ants']), TEAMS, 's', new Map())).toEqual([
      'ants',
      'dogs',
    ]);
  });

  it('takes the teams that were struck least', () => {
    const history = new Map([
      ['ants', 1],
      ['bees', 2],
      ['dogs', 1],
      ['emus', 1],
    ]);
    expect(resolveTargets(target('f', 1), TEAMS, 's', history)).toEqual(['cats']);
    expect(resolveTargets(target('f', 4), TEAMS, 's', history)).toEqual(['ants', 'cats', 'dogs', 'emus']);
  });

  it('takes all teams if more are requested', () => {
    expect(resolveTargets(target('f', 9), TEAMS, 's', new Map())).toEqual(TEAMS);
    expect(resolveTargets(target('f', 9), [], 's', new Map())).toEqual([]);
  });

  it('breaks ties by seed and entry, whatever the order of the teams', () => {
    const chosen = resolveTargets(target('f', 2), TEAMS, 's', new Map());
    expect(resolveTargets(target('f', 2), [...TEAMS].reverse(), 's', new Map()).sort()).toEqual(chosen);
    const others = [...Array(20).keys()].map((n) =>
      resolveTargets(target(`f${n}`, 2), TEAMS, 's', new Map()).join(),
    );
    expect(new Set(others).size).toBeGreaterThan(3);
  });

  it('never strikes one team two times more often than another', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 }),
        (seed, counts) => {
          const history = new Map<string, number>();
          counts.forEach((count, n) => {
            const chosen = resolveTargets(target(`f${n}`, count), TEAMS, seed, history);
            expect(chosen).toHaveLength(count);
            for (const id of chosen) history.set(id, (history.get(id) ?? 0) + 1);
            const struck = TEAMS.map((id) => history.get(id) ?? 0);
            expect(Math.max(...struck) - Math.min(...struck)).toBeLessThanOrEqual(1);
          });
        },
      ),
    );
  });
});
