import { BEN, running } from '../testing/game.js';

describe('two concurrent facilitators', () => {
  it('act in one total order, which both see and the audit log records', async () => {
    const game = await running([], { maxActive: 2 });
    const seen: number[] = [];
    game.commands.watch((change) => change.type === 'command' && seen.push(change.seq));
    const results = await Promise.allSettled([
      game.inject('a1', { teams: ['fenrir'] }),
      game.inject('b1', { teams: ['garm'] }, { actor: BEN }),
      game.inject('a2', { teams: ['hati'] }),
      game.commands.pauseTimeline({ commandId: 'b2', actor: BEN, gameId: 'game' }),
      game.inject('b3', { teams: ['skoll'] }, { actor: BEN }),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'rejected'],
    ]);
    const order = game.store.audit.map(({ actor, details }) => [details['seq'], actor.label]);
    expect(order).toEqual([
      [1, 'Anna'],
      [2, 'Ben'],
      [3, 'Ben'],
    ]);
    expect(seen).toEqual([1, 2, 3]);
  });
});
