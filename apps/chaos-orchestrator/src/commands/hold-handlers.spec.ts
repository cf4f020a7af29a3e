import { ANNA, all, faultEntry, running } from '../testing/game.js';

describe('the timeline by hand', () => {
  it('can be held and resumed; entries that are late by more than their time to live are skipped', async () => {
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
});
