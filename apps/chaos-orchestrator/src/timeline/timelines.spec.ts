import { ANNA, Game, START, TEAMS, all, faultEntry as fault, newsEntry as news } from '../testing/game.js';

describe('orchestrator', () => {
  it('fires each entry at its game time and reverts it on expiry', async () => {
    const game = await new Game([news('hello', 0), fault('outage', 20_000)]).boot();
    await game.at(-1);
    expect(game.published()).toEqual([]);
    await game.at(19_999);
    expect(game.published()).toEqual(['News hello']);
    await game.at(20_000);
    expect(game.driver.acting()).toEqual(all('outage'));
    await game.at(29_999);
    expect(game.driver.acting()).toEqual(all('outage'));
    await game.at(30_100);
    expect(game.driver.acting()).toEqual([]);
    for (const id of all('outage'))
      expect(game.published().filter((line) => line.startsWith(id))).toEqual(
        ['firing', 'active', 'reverting', 'reverted'].map((state) => `${id} ${state}`),
      );
    expect(game.store.events.map(({ sequence }) => sequence)).toEqual(game.store.events.map((_, i) => i + 1));
  });

  it('misses no entry that becomes due between two readings of the clock', async () => {
    for (let crossing = 0; crossing < 12; crossing++) {
      const game = await new Game([fault('outage', 20_000), news('later', 60_000)]).boot();
      await game.at(19_000);
      const { time } = game;
      let reads = 0;
      // The clock jumps after this many readings.
      time.nowMs = () => START + (reads++ < crossing ? 19_999 : 20_000);
      await game.publishEvent('dev.payday.team.added', {
        team: { id: 'newcomer', name: 'newcomer', color: '#fff', ranked: true },
      });
      Reflect.deleteProperty(time, 'nowMs');
      await game.at(20_500);
      expect(`${crossing} ${game.driver.acting().length > 0}`).toBe(`${crossing} true`);
    }
  });

  it('waits while the game is paused', async () => {
    const game = await new Game([fault('outage', 20_000)]).boot();
    await game.at(9_000);
    await game.publishEvent('dev.payday.game.paused', { fromAt: START + 10_000, reason: '' });
    await game.at(60_000);
    expect(game.driver.activations).toEqual([]);
    await game.publishEvent('dev.payday.game.resumed', { fromAt: START + 65_000, endsAt: START + 175_000 });
    await game.at(74_999);
    expect(game.driver.activations).toEqual([]);
    await game.at(75_000);
    expect(game.driver.acting()).toEqual(all('outage'));
  });

  it('stops every fault at the end of the game, planned or early', async () => {
    const planned = await new Game([fault('late', 115_000)]).boot();
    await planned.at(119_999);
    expect(planned.driver.acting()).toEqual(all('late'));
    await planned.at(120_001);
    expect(planned.driver.acting()).toEqual([]);
    expect(planned.faults.list()[0]!.detail).toBe('the game ended');

    const early = await new Game([fault('outage', 20_000), fault('never', 40_000)]).boot();
    await early.at(22_000);
    await early.publishEvent('dev.payday.game.ended', { endsAt: START + 23_000 });
    await early.at(23_000);
    expect(early.driver.acting()).toEqual([]);
    await early.at(60_000);
    expect(early.driver.activations).toHaveLength(TEAMS.length);
  });

  it('lets a hanging driver delay no other team', async () => {
    const game = await new Game([fault('outage', 20_000)]).boot();
    game.driver.hanging.add('garm');
    await game.at(20_000);
    expect(game.driver.acting()).toEqual(all('outage').filter((id) => !id.endsWith('garm')));
    const report = game.commands.stopAll({ commandId: 'panic', actor: ANNA });
    await game.at(22_000);
    const { verified, unverified } = await report;
    expect(verified.map(({ teamId }) => teamId).sort()).toEqual(['fenrir', 'hati', 'skoll']);
    expect(unverified.map(({ teamId }) => teamId)).toEqual(['garm']);
    game.driver.hanging.clear();
    await game.at(30_000);
    expect(game.faults.list().every(({ state }) => state === 'reverted')).toBe(true);
  });

  it('reports a fault that does not end as stuck, and notices when it ends', async () => {
    const game = await new Game([fault('outage', 20_000)]).boot();
    game.driver.stubborn.add('hati');
    await game.at(60_000);
    expect(game.faults.list().filter(({ state }) => state === 'stuck')).toHaveLength(1);
    const metrics = await game.process.metrics.metrics();
    expect(metrics).toContain('payday_faults{kind="crash",state="stuck"} 1');
    expect(metrics).toContain('payday_fault_changes_total{kind="crash",state="reverted"} 3');
    game.driver.stubborn.clear();
    await game.at(90_000);
    expect(game.published().at(-1)).toBe('outage/hati reverted');
  });

  it('notices a repair within seconds', async () => {
    const game = await new Game([fault('outage', 20_000, { ttlMs: 60_000 })]).boot();
    await game.at(24_500);
    game.driver.repair('outage/skoll');
    await game.at(26_000);
    expect(game.published().at(-1)).toBe('outage/skoll reverted');
    expect(game.faults.list().find(({ teamId }) => teamId === 'skoll')!.detail).toMatch(
      /repaired by the team/,
    );
  });

  it('strikes every team equally over the game, across restarts', async () => {
    const game = await new Game(
      [1, 2, 3, 4].map((n) => fault(`n${n}`, n * 10_000, { teams: 2, ttlMs: 5_000 })),
    ).boot();
    await game.at(25_000);
    game.process.kill();
    await game.boot();
    await game.at(60_000);
    const struck = game.driver.activations.map(({ faultId }) => faultId.split('/')[1]!);
    for (const team of TEAMS) expect(struck.filter((id) => id === team)).toHaveLength(2);
  });

  it('skips faults that an outage delayed beyond their time to live, and old announcements', async () => {
    const game = new Game([
      news('old', 0),
      fault('missed', 5_000),
      fault('caught', 62_000),
      news('new', 62_000),
    ]);
    await game.at(70_000);
    await game.boot();
    await game.at(70_100);
    expect(game.driver.acting()).toEqual(all('caught'));
    expect(game.published()).toContain('News new');
    expect(game.published()).not.toContain('News old');
    expect(game.published().some((line) => line.startsWith('missed'))).toBe(false);
  });

  it('finishes the faults of a killed process, even after their expiry', async () => {
    const game = await new Game([fault('outage', 20_000)]).boot();
    game.driver.stubborn.add('garm'); // The dead-man's timer fails here: only the next process can end the fault.
    await game.at(25_000);
    game.process.kill();
    await game.at(50_000);
    game.driver.stubborn.clear();
    expect(game.driver.acting()).toEqual(['outage/garm']);
    await game.boot();
    await game.at(50_500);
    expect(game.driver.acting()).toEqual([]);
    expect(game.published().filter((line) => line.endsWith(' reverted'))).toHaveLength(TEAMS.length);
    expect(game.published().filter((line) => line.endsWith(' firing'))).toHaveLength(TEAMS.length);
  });

  it('fires faults that were armed when the process was killed, but not during a pause', async () => {
    // Its calls: recover, then takeEntry, which stores the faults.
    const death = { atCall: 2, afterwards: true };
    const soon = await new Game([fault('outage', 20_000)]).boot(death);
    await soon.at(24_000);
    expect([soon.process.dead, soon.driver.activations]).toEqual([true, []]);
    await soon.boot();
    await soon.at(24_100);
    expect(soon.driver.acting()).toEqual(all('outage'));

    const paused = await new Game([fault('outage', 20_000)]).boot(death);
    await paused.at(20_500);
    await paused.publishEvent('dev.payday.game.paused', { fromAt: START + 21_000, reason: '' });
    await paused.at(24_000);
    await paused.boot();
    await paused.at(60_000);
    expect(paused.driver.activations).toEqual([]);
    expect(paused.faults.list()[0]!.detail).toBe('it never fired: the game stood still');
  });

  it('fires nothing before it is stored, and reverts without waiting for the database', async () => {
    const game = await new Game([fault('outage', 20_000), fault('second', 40_000)]).boot();
    await game.at(21_000);
    const save = game.store.save.bind(game.store);
    game.store.save = () => Promise.reject(new Error('the database is away'));
    await game.at(30_100);
    expect(game.driver.acting()).toEqual([]);
    await game.at(45_000);
    expect(game.driver.activations).toHaveLength(TEAMS.length);
    game.store.save = save;
    await game.at(47_000);
    expect(game.published().filter((line) => line === 'outage/garm reverted')).toHaveLength(1);
  });

  it('ignores invalid and repeated events', async () => {
    const game = await new Game([fault('outage', 20_000)]).boot();
    await game.publishEvent('dev.payday.game.resumed', { fromAt: START + 1, endsAt: START });
    for (const event of game.told) await game.orchestrator.handle(event);
    await game.at(20_000);
    expect(game.driver.activations).toHaveLength(TEAMS.length);
  });

  it('skips an entry of an unknown kind, and continues', async () => {
    const game = await new Game([fault('odd', 10_000, { kind: 'meteor' }), fault('outage', 20_000)]).boot();
    await game.at(20_000);
    expect(game.driver.acting()).toEqual(all('outage'));
  });
});

describe('a wall clock that is set back by an hour', () => {
  const HOUR = 3_600_000;
  const setBack = ({ time }: Game): void => {
    time.nowMs = () => time.monotonicMs() - HOUR;
  };
  /** Like Toxiproxy: the remote system ends no fault by itself. */
  const withoutTimers = ({ driver }: Game): void => {
    const fire = driver.fire.bind(driver);
    driver.fire = (target, order) => fire(target, { ...order, ttlMs: 10 * HOUR });
  };

  it('extends no fault', async () => {
    const game = await new Game([fault('outage', 20_000)]).boot();
    withoutTimers(game);
    await game.at(22_000);
    expect(game.driver.acting()).toEqual(all('outage'));
    setBack(game);
    await game.at(29_000);
    expect(game.driver.acting()).toEqual(all('outage'));
    await game.at(31_000);
    expect(game.driver.acting()).toEqual([]);
  });

  it('hardly extends a fault while no process runs', async () => {
    const game = await new Game([fault('outage', 20_000)]).boot();
    withoutTimers(game);
    await game.at(22_000);
    game.process.kill();
    setBack(game);
    await game.boot();
    await game.at(33_000);
    expect(game.driver.acting()).toEqual([]);
  });

  it('extends no call timeout', async () => {
    const game = await new Game([fault('outage', 20_000)]).boot();
    withoutTimers(game);
    await game.at(22_000);
    game.driver.hanging.add('garm');
    await game.at(30_100);
    setBack(game);
    game.driver.hanging.clear();
    await game.at(40_000);
    expect(game.driver.acting()).toEqual([]);
  });
});
