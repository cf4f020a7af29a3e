import { ANNA, BEN, all, faultEntry, newsEntry, refused, running } from '../testing/game.js';

describe('stop', () => {
  it('stops the selected faults, and reports what was verified', async () => {
    const game = await running();
    await game.inject('one', { teams: 'all' }, { confirm: 'ALL 4 TEAMS' });
    await game.inject('two', { teams: ['hati'], serviceId: 'router' });
    await game.at(12_000);
    const one = await game.commands.stop({ faultId: 'hand.one/garm' }, { commandId: 's1', actor: BEN });
    expect(one.verified.map(({ id, detail }) => [id, detail])).toEqual([
      ['hand.one/garm', 'stopped by hand (Ben)'],
    ]);
    const two = await game.commands.stop(
      { teamId: 'hati' },
      { commandId: 's2', actor: BEN, reason: 'mercy' },
    );
    expect(two.verified[0]!.detail).toBe('stopped by hand (Ben): mercy');
    expect(game.driver.acting()).toEqual(['hand.one/fenrir', 'hand.one/skoll']);
    await game.commands.stop({ injectionId: 'hand.one' }, { commandId: 's3', actor: BEN });
    expect(game.driver.acting()).toEqual([]);
    await expect(
      game.commands.stop({ injectionId: 'hand.one' }, { commandId: 's4', actor: BEN }),
    ).rejects.toEqual(refused('unknown_fault'));
    // A repetition gets the same answer, although there is nothing left to stop.
    expect(await game.commands.stop({ faultId: 'hand.one/garm' }, { commandId: 's1', actor: BEN })).toEqual(
      one,
    );
  });
});

describe('stop-all', () => {
  it('stops everything and holds the timeline until it is resumed, across restarts', async () => {
    const game = await running([
      faultEntry('soon', 15_000),
      newsEntry('news', 16_000),
      faultEntry('later', 60_000),
    ]);
    await game.inject('one', { teams: 2 });
    await game.at(12_000);
    const report = await game.commands.stopAll({ commandId: 'panic', actor: BEN, reason: 'fire alarm' });
    expect(report).toMatchObject({ unverified: [], heldTimelines: ['game'], recorded: true, seq: 2 });
    expect(report.verified).toHaveLength(2);
    await game.at(30_000);
    expect(game.driver.activations).toHaveLength(2);
    game.process.kill();
    await game.boot();
    await game.at(50_000);
    expect(game.driver.activations).toHaveLength(2);
    expect(game.commands.list({}).timelines[0]).toMatchObject({ held: true });
    const { timeline } = await game.commands.resumeTimeline({ commandId: 'go', actor: ANNA, gameId: 'game' });
    expect(timeline).toMatchObject({ held: false });
    await game.at(60_100);
    expect(game.published()).toContain('News news');
    expect(game.driver.acting()).toEqual(all('later'));
    const entries = game.commands.list({ gameId: 'game' }).timelines[0]!.entries;
    expect(entries.map(({ entry, state }) => [entry.id, state])).toEqual([
      ['soon', 'skipped'],
      ['news', 'announced'],
      ['later', 'fired'],
    ]);
    expect(game.audited()).toEqual([
      'Anna fault.injected',
      'Ben chaos.stopped fire alarm',
      'Ben chaos.stopped.reported',
      'Anna timeline.resumed',
      'timeline timeline.skipped soon it was due 35 s ago',
      'timeline timeline.announced news',
      'timeline timeline.fired later',
    ]);
  });

  it('waits for neither driver nor database, and is stored when possible', async () => {
    const game = await running();
    await game.inject('one', { teams: 'all', ttlMs: 60_000 }, { confirm: 'ALL 4 TEAMS' });
    await game.at(12_000);
    game.driver.hanging.add('garm');
    const real = game.store.takeCommand.bind(game.store);
    game.store.takeCommand = () => Promise.reject(new Error('the database is away'));
    const answer = game.commands.stopAll({ commandId: 'panic', actor: ANNA });
    await game.at(12_100);
    expect(game.driver.acting()).toEqual(['hand.one/garm']);
    await game.at(14_000);
    const report = await answer;
    expect(report.recorded).toBe(false);
    expect(report.unverified.map(({ id }) => id)).toEqual(['hand.one/garm']);
    game.store.takeCommand = real;
    game.driver.hanging.clear();
    await game.at(20_000);
    expect(game.driver.acting()).toEqual([]);
    expect(game.audited().slice(1)).toEqual([
      'Anna chaos.stopped stopped by hand',
      'Anna chaos.stopped.reported',
    ]);
    // The same command is not carried out again.
    await game.commands.resumeTimeline({ commandId: 'go', actor: ANNA, gameId: 'game' });
    expect(await game.commands.stopAll({ commandId: 'panic', actor: ANNA })).toMatchObject({
      seq: report.seq,
    });
    expect(game.commands.list({}).timelines[0]!.held).toBe(false);
  });

  it('reaches faults that are being stored, and commands that wait for their turn', async () => {
    const game = await running([faultEntry('entry', 11_000)]);
    let commit = (): void => undefined;
    const committed = new Promise<void>((resolve) => (commit = resolve));
    const { takeCommand, takeEntry } = game.store;
    game.store.takeCommand = async (...args) => {
      if (args[0].action === 'inject') await committed;
      return takeCommand.apply(game.store, args);
    };
    game.store.takeEntry = async (...args) => {
      await committed;
      return takeEntry.apply(game.store, args);
    };
    const stored = game.inject('stored');
    const waiting = game.inject('waiting', { teams: ['hati'] });
    waiting.catch(() => undefined);
    await game.at(11_500);
    const answer = game.commands.stopAll({ commandId: 'panic', actor: BEN });
    await game.at(11_600);
    commit();
    await game.at(12_000);
    expect((await answer).verified.map(({ id }) => id).sort()).toEqual([...all('entry'), 'hand.stored/garm']);
    await stored;
    await expect(waiting).rejects.toEqual(refused('wrong_state'));
    await game.at(60_000);
    expect(game.driver.activations).toEqual([]);
  });

  it('can be limited to one game', async () => {
    const game = await running();
    await game.inject('one');
    const answer = await game.commands.stopAll({ commandId: 'panic', actor: ANNA, gameId: 'another' });
    expect(answer).toMatchObject({ verified: [], unverified: [], heldTimelines: [] });
    expect(game.driver.acting()).toEqual(['hand.one/garm']);
  });
});
