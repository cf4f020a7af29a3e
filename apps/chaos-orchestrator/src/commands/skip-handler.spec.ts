import { BEN, all, faultEntry, refused, running } from '../testing/game.js';

describe('the timeline by hand', () => {
  it('can lose an entry permanently', async () => {
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
