import { readFileSync } from 'node:fs';
import { expectedMoney, typicalCostCents } from '#faults';
import { parseScenario } from '#scenario';
import { buildScenario } from '#testing';
import { FairGame } from '../testing/fair-game.js';
import { ANNA, NO_LIMITS, START, faultEntry } from '../testing/game.js';

const TEAMS = ['fenrir', 'garm', 'hati', 'skoll'];
const playing = (...timeline: ReturnType<typeof faultEntry>[]) =>
  new FairGame(buildScenario({ timeline, durationMs: 120_000, chaos: NO_LIMITS }), TEAMS).boot();
const one = (id: string, atMs: number, overrides: Parameters<typeof faultEntry>[2] = {}) =>
  faultEntry(id, atMs, { teams: 1, ttlMs: 5_000, ...overrides });
const sums = (game: FairGame) => game.report.teams.map(({ dealtCents }) => dealtCents);

describe('the victims of a timeline', () => {
  it('are published with the expected cost, which a repair does not change', async () => {
    const game = await playing(one('a', 10_000, { teams: ['garm'], ttlMs: 10_000 }));
    const { costCents } = expectedMoney(game.scenario, {
      ...{ kind: 'crash', params: {}, serviceId: 'catalog', fromMs: 10_000, ttlMs: 10_000 },
    });
    await game.at(12_000);
    expect(game.faults).toMatchObject([{ id: 'a/garm', state: 'active', expectedCostCents: costCents }]);
    game.driver.repair('a/garm');
    await game.at(40_000);
    expect(game.faults).toMatchObject([{ state: 'reverted', expectedCostCents: costCents }]);
    expect(sums(game)).toEqual([0, costCents, 0, 0]);
  });

  it('are charged only for the actual duration if a fault is stopped or the game ends', async () => {
    const game = await playing(
      one('a', 10_000, { teams: ['garm'], ttlMs: 40_000 }),
      one('b', 60_000, { teams: ['hati'], ttlMs: 40_000 }),
    );
    const crash = { kind: 'crash', params: {}, serviceId: 'catalog' };
    const cost = (fromMs: number, ttlMs: number) =>
      expectedMoney(game.scenario, { ...crash, fromMs, ttlMs }).costCents;
    await game.at(14_000);
    const { commands } = game.process;
    const stopping = commands.stop({ injectionId: 'a' }, { commandId: 's', actor: ANNA });
    await game.at(15_000);
    await stopping;
    expect(sums(game)).toEqual([0, cost(10_000, 4_000), 0, 0]);
    await game.at(65_000);
    await game.publishEvents(game.events.make('dev.payday.game.ended', { endsAt: START + 70_000 }));
    await game.at(80_000);
    expect(sums(game)).toEqual([0, cost(10_000, 4_000), cost(60_000, 10_000), 0]);
    // The published events contain it, so every process computes the same.
    game.process.kill();
    await game.boot();
    expect(sums(game)).toEqual([0, cost(10_000, 4_000), cost(60_000, 10_000), 0]);
  });

  it('are the teams that were dealt the least money, however often they were struck', async () => {
    const game = await playing(
      one('dear', 10_000, { teams: ['fenrir', 'garm', 'hati'], ttlMs: 10_000 }),
      ...[30_000, 35_000, 40_000, 45_000].map((atMs) =>
        one(`mild-${atMs}`, atMs, { kind: 'slow', params: { delayMs: 100 } }),
      ),
    );
    await game.at(60_000);
    for (const atMs of [30_000, 35_000, 40_000, 45_000])
      expect(game.struckBy(`mild-${atMs}`)).toEqual(['skoll']);
  });

  it('are balanced separately for traffic spikes', async () => {
    const spike = (id: string, atMs: number) =>
      one(id, atMs, { kind: 'traffic-spike', params: { percent: 200 } });
    const game = await playing(
      ...[10_000, 20_000, 30_000, 40_000].flatMap((atMs) => [
        spike(`s${atMs}`, atMs),
        one(`f${atMs}`, atMs + 5_000),
      ]),
    );
    await game.at(60_000);
    const of = (kind: string) => game.faults.filter((fault) => fault.kind === kind).map((f) => f.teamId);
    expect([of('traffic-spike').sort(), of('crash').sort()]).toEqual([TEAMS, TEAMS]);
    for (const { count, dealtCents, spikes } of game.report.teams)
      expect([count, dealtCents > 0, spikes.count, spikes.gainCents > 0]).toEqual([1, true, 1, true]);
    expect(game.report.spread.dealtCents).toBe(0);
  });

  it('are balanced separately for faults whose windows do not score', async () => {
    const game = await playing(
      ...[10_000, 20_000, 30_000, 40_000].map((atMs) => one(`p${atMs}`, atMs, { scoring: 'pause' })),
    );
    await game.at(60_000);
    expect(game.faults.map(({ teamId }) => teamId).sort()).toEqual(TEAMS);
    expect(sums(game)).toEqual([0, 0, 0, 0]);
  });

  it('are ranked, with the service deployed; named teams, or all, are struck anyway, at no cost', async () => {
    const game = await playing(
      one('few', 10_000, { teams: 4 }),
      one('all', 30_000, { teams: 'all' }),
      one('nobody', 50_000, { serviceId: 'router', teams: 2 }),
    );
    await game.publishEvents(
      game.events.teamChanged('hati'),
      ...game.deployed('skoll', null),
      ...TEAMS.map((teamId) =>
        game.events.make('dev.payday.endpoint.changed', { teamId, serviceId: 'router', url: null }),
      ),
    );
    await game.at(60_000);
    expect(game.struckBy('few')).toEqual(['fenrir', 'garm']);
    expect(game.struckBy('all')).toEqual(TEAMS);
    expect(game.faults.find(({ id }) => id === 'all/skoll')).toMatchObject({ expectedCostCents: 0 });
    expect(game.struckBy('nobody')).toEqual([]);
    expect(game.store.audit.map(({ details }) => details['reason']).at(-1)).toBe(
      'no ranked team that its driver reaches has router deployed',
    );
    expect(game.report.teams.map(({ inPlay }) => inPlay)).toEqual([true, true, false, false]);
  });

  it('include a newcomer neither first nor last: it starts with the median of the others', async () => {
    const game = await playing(
      one('first', 10_000, { teams: ['fenrir', 'garm', 'hati'] }),
      one('later', 40_000),
    );
    await game.at(20_000);
    await game.publishEvents(game.events.team('newcomers'), ...game.deployed('newcomers'));
    await game.at(60_000);
    expect(game.struckBy('later')).toEqual(['skoll']);
    const { teams } = game.report;
    expect(teams.at(-1)).toMatchObject({ teamId: 'newcomers', creditCents: teams[0]!.dealtCents, count: 0 });
    expect(game.report.spread.dealtCents).toBe(0);
  });

  it('are not charged for a fault that could not be fired', async () => {
    const game = await playing(one('a', 10_000, { teams: ['garm', 'hati', 'skoll'] }), one('b', 40_000));
    game.driver.failing.add('garm');
    await game.at(25_000);
    game.driver.failing.clear();
    await game.at(60_000);
    expect(['fenrir', 'garm']).toContain(game.struckBy('b')[0]);
    expect(sums(game)[1]).toBe(game.struckBy('b')[0] === 'garm' ? sums(game)[2] : 0);
  });
});

describe('a whole day at Unicorn.Rentals, in virtual time', () => {
  const file = 'unicorn-rentals.yaml';
  const day = parseScenario(
    readFileSync(new URL(`../../../../scenarios/${file}`, import.meta.url), 'utf8'),
    file,
  );
  const typicalCents = typicalCostCents(day);
  const teamIds = (count: number) => Array.from({ length: count }, (_, n) => `team-${n}`);
  /** No team repairs anything, so a check every second is unnecessary. */
  const dayOf = (count: number, seed?: string) =>
    new FairGame(day, teamIds(count), { seed, watchMs: 120_000 }).boot();
  /** Each fault with its cost. */
  const story = ({ faults }: FairGame) =>
    faults.map(({ id, expectedCostCents }) => `${id} ${expectedCostCents}`).sort();

  it.each([
    [8, day.seed],
    [8, 'rain'],
    [20, day.seed],
    [20, 'rain'],
    [42, day.seed],
    [42, 'rain'],
  ])(
    'deals to %i teams within one typical fault of each other (seed: %s)',
    async (count, seed) => {
      const game = await dayOf(count, seed);
      await game.at(day.durationMs + 60_000);
      expect(game.store.audit.filter(({ action }) => action === 'timeline.skipped')).toEqual([]);
      const { spread, teams } = game.report;
      expect(spread.dealtCents).toBeLessThanOrEqual(typicalCents);
      // Every team has something to repair, repeatedly.
      expect(Math.min(...teams.map((team) => team.count))).toBeGreaterThanOrEqual(4);
    },
    120_000,
  );

  it('is deterministic for a seed, even if the orchestrator is killed in the middle', async () => {
    const once = await dayOf(8);
    await once.at(day.durationMs + 60_000);
    const again = await dayOf(8);
    for (let atMs = 1_000_000; atMs < day.durationMs; atMs += 1_700_000) {
      await again.at(atMs);
      again.process.kill();
      await again.boot();
    }
    await again.at(day.durationMs + 60_000);
    expect(story(again)).toEqual(story(once));
    expect(again.report.teams.map(({ dealtCents }) => dealtCents)).toEqual(
      once.report.teams.map(({ dealtCents }) => dealtCents),
    );
  }, 120_000);
});
