import { ANNA, BEN, START, TEAMS, faultEntry, refused, running } from '../testing/game.js';

describe('inject', () => {
  it('strikes, ends by itself, and is audited', async () => {
    const game = await running();
    const { faults, injectionId, seq } = await game.inject('one', { scoring: 'count' });
    expect([faults.map(({ id }) => id), injectionId, seq]).toEqual([['hand.one/garm'], 'hand.one', 1]);
    await game.at(10_100);
    expect(game.driver.acting()).toEqual(['hand.one/garm']);
    await game.at(20_100);
    expect(game.driver.acting()).toEqual([]);
    expect(game.store.audit).toEqual([
      {
        ...{ at: START + 10_000, actor: ANNA, action: 'fault.injected' },
        subject: { game: 'game', injection: 'hand.one' },
        details: expect.objectContaining({ commandId: 'one', seq: 1, teams: ['garm'], ttlMs: 10_000 }),
      },
    ]);
  });

  it('is carried out once, however often it is sent, across restarts', async () => {
    const game = await running();
    const [first, twin] = await Promise.all([game.inject('one'), game.inject('one')]);
    expect(twin).toEqual(first);
    await game.at(12_000);
    expect(await game.inject('one')).toEqual(first);
    game.process.kill();
    await game.boot();
    await game.at(12_100);
    expect(await game.inject('one')).toEqual(first);
    await game.at(40_000);
    expect(game.driver.activations).toHaveLength(1);
    expect(game.store.audit).toHaveLength(1);
    for (const other of [
      game.inject('one', { ttlMs: 5_000 }),
      game.inject('one', {}, { actor: BEN }),
      game.commands.stopAll({ commandId: 'one', actor: ANNA }),
    ])
      await expect(other).rejects.toEqual(refused('command_conflict'));
    for (const commandId of ['', 'a b', 'x'.repeat(65), 'a/b'])
      await expect(game.inject(commandId)).rejects.toEqual(refused('bad_request'));
  });

  it('requires a typed confirmation for all teams, and for many', async () => {
    const game = await running([], { maxTeams: 2 });
    const error = await game.inject('one', { teams: 'all' }).catch((thrown: unknown) => thrown);
    expect(error).toEqual(refused('confirmation_required'));
    expect(error).toMatchObject({ details: { confirmation: { type: 'ALL 4 TEAMS' } } });
    await expect(game.inject('two', { teams: 3 }, { confirm: '2 TEAMS' })).rejects.toMatchObject({
      details: { confirmation: { type: '3 TEAMS' } },
    });
    // A refused command leaves no trace: its id may be used again.
    expect((await game.inject('one', { teams: 'all' }, { confirm: 'ALL 4 TEAMS' })).faults).toHaveLength(4);
    await game.inject('two', { teams: 2 });
  });

  it('respects the limits, and says which one applies and when it becomes possible', async () => {
    const game = await running([], { maxDurationMs: 30_000, cooldownMs: 20_000, maxActive: 3 });
    const limits = (error: unknown) =>
      (error as { details: { violations: { limit: string }[] } }).details.violations;
    const error = await game
      .inject('long', { ttlMs: 30_001, teams: 'all' })
      .catch((thrown: unknown) => thrown);
    expect(limits(error)).toEqual([
      expect.objectContaining({ limit: 'maxDurationMs', now: 30_001, allowed: 30_000, possibleAt: null }),
      expect.objectContaining({ limit: 'maxActive', now: 4, allowed: 3, possibleAt: null }),
    ]);
    expect(error).toMatchObject({ code: 'chaos_limit', retryable: false });

    await game.inject('one', { ttlMs: 5_000 });
    await game.at(11_000);
    const during = await game.inject('two').catch((thrown: unknown) => thrown);
    const possibleAt = START + 35_000;
    expect(limits(during)).toEqual([
      expect.objectContaining({
        limit: 'cooldownMs',
        now: 0,
        allowed: 20_000,
        possibleAt,
        teamIds: ['garm'],
      }),
    ]);
    expect(during).toMatchObject({ retryable: true });
    // Another service of the team is not affected.
    await game.inject('router', { serviceId: 'router', ttlMs: 2_000 });
    await game.at(25_000);
    const later = await game.inject('two').catch((thrown: unknown) => thrown);
    expect(limits(later)).toMatchObject([{ limit: 'cooldownMs', now: 10_000, possibleAt }]);
    await game.at(35_000);
    await game.inject('two', { ttlMs: 20_000 });
    await game.inject('three', { teams: 2, ttlMs: 10_000 });
    const full = await game
      .inject('four', { teams: 2, serviceId: 'router' })
      .catch((thrown: unknown) => thrown);
    expect(limits(full)).toMatchObject([
      { limit: 'maxActive', now: 5, allowed: 3, possibleAt: START + 45_000 },
    ]);
  });

  it('strikes the teams with the least, and the others the next time', async () => {
    const game = await running([faultEntry('earlier', 5_000, { teams: ['fenrir', 'garm'], ttlMs: 1_000 })]);
    const teamsOf = ({ faults }: { faults: readonly { teamId: string }[] }) => faults.map((f) => f.teamId);
    expect(teamsOf(await game.inject('one', { teams: 2 }))).toEqual(['hati', 'skoll']);
    const [next, after] = [await game.inject('two', { teams: 2 }), await game.inject('three', { teams: 2 })];
    expect([...teamsOf(next), ...teamsOf(after)].sort()).toEqual(TEAMS);
  });

  it('drives its fault even if storing it only seemed to fail', async () => {
    const game = await running();
    const takeCommand = game.store.takeCommand.bind(game.store);
    game.store.takeCommand = async (...args) => {
      await takeCommand(...args);
      throw new Error('the connection was lost behind the commit');
    };
    await expect(game.inject('one')).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    game.store.takeCommand = takeCommand;
    await game.at(12_000);
    expect(game.driver.acting()).toEqual([]);
    const { faults } = await game.inject('one');
    expect(faults.map(({ id }) => id)).toEqual(['hand.one/garm']);
    await game.at(12_100);
    expect(game.driver.acting()).toEqual(['hand.one/garm']);
    await game.at(23_000);
    expect(game.published().at(-1)).toBe('hand.one/garm reverted');
  });
});
