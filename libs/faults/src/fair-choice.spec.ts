import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseScenario, resolveTargets } from '#scenario';
import {
  dealtByTimeline,
  fairVictims,
  pricedFaults,
  typicalCostCents,
  type FairChoice,
  type PlannedStrike,
} from './index.js';

const TEAMS = ['ants', 'bees', 'cats', 'dogs', 'emus'];
const strike = (id: string, teams: number, costCents: number, pool = TEAMS) => ({
  id,
  teams,
  costCents,
  pool,
});
const choose = (choice: Partial<FairChoice>): string[] =>
  fairVictims({
    ...{ now: strike('now', 2, 100), coming: [], seed: 's', dealt: new Map(), typicalCents: 100 },
    ...choice,
  });
const spreadOf = (values: Iterable<number>): number => {
  const all = [...values];
  return Math.max(...all) - Math.min(...all);
};

describe('the next victims', () => {
  it('are the teams that were dealt the least, regardless of the kind', () => {
    const dealt = new Map([
      ['ants', 500],
      ['bees', 20],
      ['cats', 300],
      ['dogs', 0],
      ['emus', 21],
    ]);
    expect(choose({ dealt })).toEqual(['bees', 'dogs']);
  });

  it('are drawn among equals by the seed and the entry, not by the order of the teams', () => {
    const once = choose({});
    expect(choose({ now: strike('now', 2, 100, [...TEAMS].reverse()) }).sort()).toEqual(once);
    const draws = Array.from({ length: 20 }, (_, n) => choose({ now: strike(`n${n}`, 2, 100) }).join());
    expect(new Set(draws).size).toBeGreaterThan(3);
    expect(
      new Set(Array.from({ length: 20 }, (_, n) => choose({ seed: `${n}` }).join())).size,
    ).toBeGreaterThan(3);
  });

  it('are all teams if the request exceeds the pool, and none for an empty pool', () => {
    expect(choose({ now: strike('now', 9, 100), coming: [strike('later', 1, 900)] })).toEqual(TEAMS);
    expect(choose({ now: strike('now', 2, 100, []) })).toEqual([]);
  });

  it('leave room for an expensive strike later', () => {
    // One of two teams is to be struck by 100, 100 and 200: the victim of the first must also be the victim of the second.
    const pool = ['ants', 'bees'];
    const entries = [strike('a', 1, 100, pool), strike('b', 1, 100, pool), strike('c', 1, 200, pool)];
    const dealt = new Map<string, number>();
    entries.forEach((now, index) => {
      const coming: PlannedStrike[] = entries.slice(index + 1);
      for (const id of choose({ now, coming, dealt })) dealt.set(id, (dealt.get(id) ?? 0) + now.costCents);
    });
    expect([...dealt.values()]).toEqual([200, 200]);
  });

  it('match the requested number, come from the pool, are deterministic, and stay within the most expensive strike of each other', () => {
    const entries = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1000 })), {
      minLength: 1,
      maxLength: 15,
    });
    fc.assert(
      fc.property(fc.string(), entries, (seed, list) => {
        const play = (): Map<string, number> => {
          const strikes = list.map(([teams, cents], n) => strike(`n${n}`, teams, cents));
          const dealt = new Map(TEAMS.map((id) => [id, 0]));
          strikes.forEach((now, n) => {
            const coming = strikes.slice(n + 1);
            const victims = choose({ now, coming, seed, dealt, typicalCents: 300 });
            expect(victims).toHaveLength(now.teams);
            expect(TEAMS).toEqual(expect.arrayContaining(victims));
            for (const id of victims) dealt.set(id, dealt.get(id)! + now.costCents);
          });
          return dealt;
        };
        const dealt = play();
        expect(play()).toEqual(dealt);
        expect(spreadOf(dealt.values())).toBeLessThanOrEqual(Math.max(...list.map(([, cents]) => cents)));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a whole day at Unicorn.Rentals', () => {
  const file = 'unicorn-rentals.yaml';
  const scenario = parseScenario(
    readFileSync(new URL(`../../../scenarios/${file}`, import.meta.url), 'utf8'),
    file,
  );
  const teams = (count: number): string[] => Array.from({ length: count }, (_, n) => `team-${n}`);
  const SEEDS = [scenario.seed, 'another day', 'rain'];
  const typicalCents = typicalCostCents(scenario);

  it('has faults of very different costs: the most expensive costs over ten times the cheapest', () => {
    const costs = pricedFaults(scenario)
      .map(({ money }) => money.costCents)
      .filter((cents) => cents > 0);
    expect(costs).toHaveLength(18);
    expect(Math.max(...costs)).toBeGreaterThan(10 * Math.min(...costs));
    expect(typicalCents).toBeGreaterThan(300_000);
  });

  it.each([1, 3, 7, 8, 20, 25, 42, 60])('deals evenly to %i teams, within one typical fault', (count) => {
    for (const seed of SEEDS) {
      const dealt = [...dealtByTimeline(scenario, teams(count), seed).values()];
      expect({ seed, ok: spreadOf(dealt) <= typicalCents }).toEqual({ seed, ok: true });
      expect(dealt.every((cents) => Number.isSafeInteger(cents))).toBe(true);
      // Every team has something to repair.
      expect(Math.min(...dealt)).toBeGreaterThan(0);
    }
  });

  it.each([8, 20, 42])('would leave %i teams further apart without look-ahead', (count) => {
    const dealt = new Map(teams(count).map((id) => [id, 0]));
    for (const { entry, money } of pricedFaults(scenario))
      for (const id of resolveTargets(entry, teams(count), scenario.seed, dealt))
        dealt.set(id, dealt.get(id)! + money.costCents);
    expect(spreadOf(dealt.values())).toBeGreaterThan(typicalCents);
  });
});
