import type { Scenario, TimelineEntry } from '#contracts';
import { ANNA, Game, NO_LIMITS, START, TEAMS, all, faultEntry, newsEntry } from '../testing/game.js';

async function playing(timeline: TimelineEntry[], chaos: Partial<Scenario['chaos']> = {}): Promise<Game> {
  return new Game(timeline, { chaos: { ...NO_LIMITS, ...chaos } }).boot();
}

const skipped = (game: Game): string[] => game.audited().filter((line) => line.includes('.skipped'));

describe('a timeline respects the limits', () => {
  it('shortens a fault that would last too long, and says so', async () => {
    const game = await playing([faultEntry('long', 10_000, { ttlMs: 30_000 })], { maxDurationMs: 5_000 });
    await game.at(14_900);
    expect(game.driver.acting()).toEqual(all('long'));
    await game.at(15_100);
    expect(game.driver.acting()).toEqual([]);
    expect(game.audited()).toEqual([
      'timeline timeline.fired long cut to 5 s: no fault may last longer (it says 30 s)',
    ]);
  });

  it('delays a fault for all teams until it can strike all at the same time', async () => {
    const game = await playing([faultEntry('both', 20_000, { ttlMs: 15_000 })], { cooldownMs: 10_000 });
    await game.at(14_000);
    await game.inject('one', { ttlMs: 2_000 });
    await game.at(25_900);
    expect(game.driver.activations.map(({ faultId }) => faultId)).toEqual(['hand.one/garm']);
    expect(game.commands.list({}).timelines[0]!.entries[0]).toMatchObject({
      state: 'waiting',
      detail: 'catalog is in its cooldown of 10 s: garm',
    });
    await game.at(26_200);
    expect(game.driver.acting()).toEqual(all('both'));
    // Its full time to live starts then.
    await game.at(40_900);
    expect(game.driver.acting()).toEqual(all('both'));
  });

  it('skips it for all teams if the delay exceeds its time to live', async () => {
    const game = await playing([faultEntry('both', 20_000, { ttlMs: 4_000 })], { cooldownMs: 30_000 });
    await game.at(14_000);
    await game.inject('one', { ttlMs: 2_000 });
    await game.at(60_000);
    expect(game.driver.activations).toHaveLength(1);
    expect(skipped(game)).toEqual([
      'timeline timeline.skipped both catalog is in its cooldown of 30 s: garm',
    ]);
  });

  it('continues as soon as a stop frees a slot', async () => {
    const game = await playing(
      [faultEntry('a', 10_000, { ttlMs: 40_000 }), faultEntry('b', 11_000, { ttlMs: 40_000 })],
      {
        maxActive: 4,
      },
    );
    await game.at(20_000);
    expect(game.driver.acting()).toEqual(all('a'));
    await game.commands.stop(
      { injectionId: 'a' },
      { commandId: 's', actor: { tokenId: null, role: 'system', label: 'x' } },
    );
    await game.at(20_200);
    expect(game.driver.acting()).toEqual(all('b'));
  });

  it('skips entries that can never run', async () => {
    const game = await playing([faultEntry('all', 10_000), faultEntry('odd', 11_000, { kind: 'meteor' })], {
      maxActive: 3,
    });
    await game.at(20_000);
    expect(game.driver.activations).toEqual([]);
    expect(skipped(game)).toEqual([
      'timeline timeline.skipped all it needs 4 faults at once, and at most 3 may act',
      expect.stringContaining('timeline.skipped odd no driver knows the fault kind "meteor"'),
    ]);
  });

  it('strikes fewer teams if it must, and balances that the next time', async () => {
    const two = (id: string, atMs: number) => faultEntry(id, atMs, { teams: 2, ttlMs: 8_000 });
    const game = await playing(
      [faultEntry('one', 5_000, { teams: 3, ttlMs: 8_000 }), two('two', 10_000), two('three', 30_000)],
      { maxActive: 4 },
    );
    await game.at(60_000);
    expect(game.audited()[1]).toMatch(/fired two 1 of 2 teams: 3 faults act, and at most 4 may$/);
    const struck = game.driver.activations.map(({ faultId }) => faultId.split('/')[1]!);
    const counts = TEAMS.map((team) => struck.filter((id) => id === team).length);
    expect(counts.sort()).toEqual([1, 1, 2, 2]);
  });

  it('names the teams that a driver does not reach', async () => {
    const game = await playing([faultEntry('some', 10_000)]);
    game.driver.unreachable.add('hati');
    await game.at(11_000);
    expect(game.driver.acting()).toHaveLength(3);
    expect(game.audited()).toEqual(["timeline timeline.fired some the world driver doesn't reach hati"]);
  });
});

describe('a condition', () => {
  const when = { teamsUpPercent: 75, byMs: 60_000 };

  it('lets an entry run once enough teams have every service up, but not before its time', async () => {
    const game = await playing([faultEntry('trouble', 20_000, { when })]);
    await game.at(5_000);
    for (const team of TEAMS) game.setStatuses(team, 'up', 'up');
    await game.at(10_000);
    game.setStatuses('garm', 'up', 'failing');
    game.setStatuses('hati', 'down', 'up');
    await game.at(30_000);
    expect(game.driver.activations).toEqual([]);
    expect(game.commands.list({}).timelines[0]!.entries[0]).toMatchObject({
      ...{ state: 'waiting', at: null, detail: 'when 75 % of the teams have every service up' },
    });
    game.setStatuses('hati', 'slow', 'up');
    await game.at(30_100);
    expect(game.driver.acting()).toEqual(all('trouble'));
  });

  it('is overridden by its deadline', async () => {
    const game = await playing([faultEntry('trouble', 20_000, { when }), newsEntry('next', 25_000)]);
    await game.at(59_900);
    expect(game.published()).toEqual(['News next']);
    await game.at(60_100);
    expect(game.driver.acting()).toEqual(all('trouble'));
  });

  it('may never hold', async () => {
    const game = await playing([faultEntry('trouble', 20_000, { when: { ...when, byMs: null } })]);
    await game.at(119_900);
    expect(skipped(game)).toEqual([]);
    await game.at(120_100);
    expect(game.driver.activations).toEqual([]);
    const reason = 'its condition never held: 75 % of the teams have every service up';
    expect(skipped(game)).toEqual([`timeline timeline.skipped trouble ${reason}`]);
    expect(game.commands.list({}).timelines).toEqual([]);
    // Once, even across a restart.
    game.process.kill();
    await game.boot();
    await game.at(121_000);
    expect(skipped(game)).toHaveLength(1);
  });

  it('is evaluated again after a restart', async () => {
    const game = await playing([faultEntry('trouble', 20_000, { when })]);
    await game.at(21_000);
    for (const team of ['fenrir', 'garm']) game.setStatuses(team, 'up');
    game.process.kill();
    await game.boot();
    await game.at(22_000);
    game.setStatuses('hati', 'up');
    await game.at(23_000);
    expect(game.driver.activations).toEqual([]);
    for (const team of ['fenrir', 'garm']) game.setStatuses(team, 'up');
    await game.at(24_000);
    expect(game.driver.acting()).toEqual(all('trouble'));
  });
});

describe('the end of the game', () => {
  it('records every entry that was due', async () => {
    const waits = faultEntry('waits', 20_000, { ttlMs: 90_000 });
    const game = await playing([faultEntry('acts', 10_000, { ttlMs: 90_000 }), waits, newsEntry('news', 40_000), newsEntry('late', 60_000)], { maxActive: 4 }); // prettier-ignore
    await game.at(30_000);
    await game.commands.pauseTimeline({ gameId: 'game', commandId: 'p', actor: ANNA });
    await game.at(45_000);
    await game.publishEvent('dev.payday.game.ended', { endsAt: START + 50_000 });
    await game.at(50_100);
    // Entries after the end of the game are not missed.
    expect(skipped(game)).toEqual([
      'timeline timeline.skipped waits 4 faults act, and at most 4 may',
      'timeline timeline.skipped news the timeline was held until the end of the game',
    ]);
  });
});
