import { ANNA, BEN, all, faultEntry, refused, running } from '../testing/game.js';

describe('the timeline by hand', () => {
  it('is paused and resumed; what is late by more than its time to live is skipped', async () => {
    const game = await running([
      faultEntry('short', 20_000, { ttlMs: 5_000 }),
      faultEntry('long', 21_000, { ttlMs: 60_000 }),
    ]);
    await game.commands.pauseTimeline({ commandId: 'p', actor: ANNA, gameId: 'game' });
    await game.at(30_000);
    expect(game.driver.activations).toEqual([]);
    await game.commands.resumeTimeline({ commandId: 'r', actor: ANNA, gameId: 'game' });
    await game.at(30_100);
    expect(game.driver.acting()).toEqual(all('long'));
  });

  it('leaves out an entry, once and for all', async () => {
    const game = await running([faultEntry('bad', 20_000), faultEntry('good', 40_000)]);
    const skip = { actor: BEN, gameId: 'game', entryId: 'bad' };
    const { timeline } = await game.commands.skipEntry({ commandId: 's', ...skip });
    expect(timeline.entries[0]).toMatchObject({ state: 'skipped', detail: 'taken out by Ben' });
    await expect(game.commands.skipEntry({ commandId: 's2', ...skip })).rejects.toEqual(
      refused('wrong_state'),
    );
    await expect(game.commands.skipEntry({ commandId: 's3', ...skip, entryId: 'x' })).rejects.toEqual(
      refused('not_found'),
    );
    game.process.kill();
    await game.boot();
    await game.at(40_100);
    expect(game.driver.acting()).toEqual(all('good'));
    expect(game.driver.activations).toHaveLength(4);
  });
});
