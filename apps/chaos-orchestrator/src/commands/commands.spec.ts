import type { ChaosLimits } from '#contracts';
import { ANNA, BEN, Game, NO_LIMITS, START, TEAMS, all, faultEntry, newsEntry } from '../conformance/game.js';

/** A game that has run for ten seconds. */
async function running(timeline: ReturnType<typeof faultEntry>[] = [], chaos: Partial<ChaosLimits> = {}) {
  const game = await new Game(timeline, { chaos: { ...NO_LIMITS, ...chaos } }).boot();
  await game.at(10_000);
  return game;
}

const refused = (code: string, details: object = {}) => expect.objectContaining({ code, ...details });

describe('preview', () => {
  it('shows whom it strikes, what each team has had, what it costs, and does nothing', async () => {
    const game = await running();
    await game.publishEvent('dev.payday.endpoint.changed', {
      ...{ teamId: 'hati', serviceId: 'catalog', url: null },
    });
    game.driver.unreachable.add('skoll');
    await game.inject('before', { teams: ['garm'], ttlMs: 2_000 });
    await game.at(13_000);
    const before = game.store.audit.length;
    const preview = await game.commands.preview(game.request({ teams: ['garm', 'hati', 'skoll'] }));
    expect(preview).toMatchObject({
      driver: 'world',
      endsAt: START + 23_000,
      blastRadius: { teams: 2, ofTeams: 4, endpoints: 1 },
      violations: [],
      confirmation: null,
      scoring: 'count',
    });
    expect(preview.teams.map(({ teamId, struck, spared, count }) => [teamId, struck, spared, count])).toEqual(
      [
        ['garm', true, null, 1],
        ['hati', true, null, 0],
        ['fenrir', false, 'it was not asked for', 0],
        ['skoll', false, 'the driver has no way to this team', 0],
      ],
    );
    expect(preview.teams[0]).toMatchObject({
      endpoint: 'http://garm.test',
      byKind: { crash: { count: 1, dealtMs: 2_000 } },
    });
    // 20 requests at −11 instead of +7 cents, and −101 for each of ten windows; hati serves nothing there, and loses nothing.
    const costCents = 20 * 18 + 10 * 101;
    expect(preview.teams.map((team) => [team.teamId, team.expectedCostCents, team.dealtCents])).toEqual([
      ['garm', costCents, 4 * 18 + 2 * 101],
      ['hati', 0, 0],
      ['fenrir', 0, 0],
      ['skoll', 0, 0],
    ]);
    expect(preview).toMatchObject({
      expectedCostCents: costCents,
      expectedGainCents: 0,
      expectedBasis: 'every request fails; 20 requests in that time',
    });
    await game.at(20_000);
    expect(game.driver.acting()).toEqual([]);
    expect(game.store.audit).toHaveLength(before);
  });

  it('says why a team was not chosen', async () => {
    const game = await running([], { cooldownMs: 20_000 });
    const spared = async (teams: number) => {
      const preview = await game.commands.preview(game.request({ teams }));
      return Object.fromEntries(preview.teams.map((team) => [team.teamId, team.spared]));
    };
    const byDraw = 'the draw fell on others among those that were dealt as much';
    // Nobody was dealt anything yet.
    expect(Object.values(await spared(1)).sort()).toEqual([null, byDraw, byDraw, byDraw]);
    await game.inject('before', { teams: ['garm'], ttlMs: 2_000 });
    await game.at(13_000);
    expect(await spared(3)).toMatchObject({ garm: 'it is to be left in peace after a fault', hati: null });
    await game.at(40_000);
    expect(await spared(3)).toMatchObject({ garm: 'other teams were dealt less', hati: null });
    expect(Object.values(await spared(2)).sort()).toEqual(
      ['other teams were dealt less', byDraw, null, null].sort(),
    );
  });

  it.each([
    [{ kind: 'meteor' }, 'unknown_fault_kind'],
    [{ serviceId: 'moon' }, 'unknown_service'],
    [{ teams: ['garm', 'nobody'] }, 'unknown_team'],
    [{ teams: [] }, 'bad_request'],
    [{ teams: 0 }, 'bad_request'],
    [{ ttlMs: 0 }, 'bad_request'],
    [{ ttlMs: 0.5 }, 'bad_request'],
    [{ label: ' ' }, 'bad_request'],
    [{ gameId: 'other' }, 'unknown_game'],
    [{ teams: ['skoll'] }, 'out_of_reach'],
  ])('refuses %j', async (overrides, code) => {
    const game = await running();
    game.driver.unreachable.add('skoll');
    await expect(game.commands.preview(game.request(overrides))).rejects.toEqual(refused(code));
    await expect(game.inject('one', overrides)).rejects.toEqual(refused(code));
    expect(game.driver.activations).toEqual([]);
  });

  it('is for a running game only', async () => {
    const game = await new Game().boot();
    await expect(game.inject('early')).rejects.toEqual(refused('wrong_state'));
    await game.at(121_000);
    await expect(game.inject('late')).rejects.toEqual(refused('wrong_state'));
  });

  it('is what the command does, or the command is refused', async () => {
    const game = await running();
    const request = game.request({ teams: 2 });
    const { previewId, teams } = await game.commands.preview(request);
    const other = { ...request, ttlMs: 5_000 };
    for (const wrong of [
      { request: other, previewId },
      { request, previewId: `${START}.x` },
    ])
      await expect(game.commands.inject({ commandId: 'a', actor: ANNA, ...wrong })).rejects.toEqual(
        refused('wrong_state'),
      );
    const { faults } = await game.commands.inject({ commandId: 'a', actor: ANNA, request, previewId });
    const shown = teams.filter(({ struck }) => struck).map(({ teamId }) => teamId);
    expect(faults.map(({ teamId }) => teamId)).toEqual(shown);
    // Now others were struck less: what was shown is not what would happen.
    await expect(game.commands.inject({ commandId: 'b', actor: ANNA, request, previewId })).rejects.toEqual(
      refused('wrong_state'),
    );
    const late = await game.commands.preview(request);
    await game.at(71_000);
    await expect(
      game.commands.inject({ commandId: 'c', actor: ANNA, request, previewId: late.previewId }),
    ).rejects.toEqual(refused('wrong_state'));
  });
});

describe('inject', () => {
  it('breaks, ends by itself, and is audited', async () => {
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

  it('is carried out once, however often it is sent, also after a restart', async () => {
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

  it('needs a typed confirmation for everybody, and for many', async () => {
    const game = await running([], { maxTeams: 2 });
    const error = await game.inject('one', { teams: 'all' }).catch((thrown: unknown) => thrown);
    expect(error).toEqual(refused('confirmation_required'));
    expect(error).toMatchObject({ details: { confirmation: { type: 'ALL 4 TEAMS' } } });
    await expect(game.inject('two', { teams: 3 }, { confirm: '2 TEAMS' })).rejects.toMatchObject({
      details: { confirmation: { type: '3 TEAMS' } },
    });
    // What was refused left nothing: the same id may be used again.
    expect((await game.inject('one', { teams: 'all' }, { confirm: 'ALL 4 TEAMS' })).faults).toHaveLength(4);
    await game.inject('two', { teams: 2 });
  });

  it('keeps to the limits, and says which, and when it will be possible', async () => {
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
    // Another service of the team is not concerned.
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

  it('strikes those that had least, and the others next time', async () => {
    const game = await running([faultEntry('earlier', 5_000, { teams: ['fenrir', 'garm'], ttlMs: 1_000 })]);
    const teamsOf = ({ faults }: { faults: readonly { teamId: string }[] }) => faults.map((f) => f.teamId);
    expect(teamsOf(await game.inject('one', { teams: 2 }))).toEqual(['hati', 'skoll']);
    const [next, after] = [await game.inject('two', { teams: 2 }), await game.inject('three', { teams: 2 })];
    expect([...teamsOf(next), ...teamsOf(after)].sort()).toEqual(TEAMS);
  });

  it('takes its fault up after all when storing it only seemed to fail', async () => {
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

describe('stop', () => {
  it('stops what is chosen, and says what was verified', async () => {
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
    // A repetition is answered as before, although there is nothing left to stop.
    expect(await game.commands.stop({ faultId: 'hand.one/garm' }, { commandId: 's1', actor: BEN })).toEqual(
      one,
    );
  });
});

describe('stop-all', () => {
  it('halts everything, holds the timeline until it is resumed, also over a restart', async () => {
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

  it('waits for no driver and no database, and stores what it did when it can', async () => {
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

  it('reaches what is being stored just now, and what waits for its turn', async () => {
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

  it('is for one game where it says so', async () => {
    const game = await running();
    await game.inject('one');
    const answer = await game.commands.stopAll({ commandId: 'panic', actor: ANNA, gameId: 'another' });
    expect(answer).toMatchObject({ verified: [], unverified: [], heldTimelines: [] });
    expect(game.driver.acting()).toEqual(['hand.one/garm']);
  });
});

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

describe('two facilitators at once', () => {
  it('act in one order, which both see and the audit log has', async () => {
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
