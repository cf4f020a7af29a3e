import { ANNA, Game, START, refused, running } from '../testing/game.js';

describe('preview', () => {
  it('shows the victims, the chaos of each team and the cost, and changes nothing', async () => {
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
        ['fenrir', false, 'it was not requested', 0],
        ['skoll', false, 'the driver does not reach this team', 0],
      ],
    );
    expect(preview.teams[0]).toMatchObject({
      endpoint: 'http://garm.test',
      byKind: { crash: { count: 1, dealtMs: 2_000 } },
    });
    // 20 requests at −11 instead of +7 cents, and −101 for each of ten windows; hati has no endpoint there and loses nothing.
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
    const byDraw = 'the draw chose others among those that were dealt as much';
    // No team was dealt anything yet.
    expect(Object.values(await spared(1)).sort()).toEqual([null, byDraw, byDraw, byDraw]);
    await game.inject('before', { teams: ['garm'], ttlMs: 2_000 });
    await game.at(13_000);
    expect(await spared(3)).toMatchObject({ garm: 'it is in its cooldown after a fault', hati: null });
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

  it('requires a running game', async () => {
    const game = await new Game().boot();
    await expect(game.inject('early')).rejects.toEqual(refused('wrong_state'));
    await game.at(121_000);
    await expect(game.inject('late')).rejects.toEqual(refused('wrong_state'));
  });

  it('matches what the command does, or the command is refused', async () => {
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
    // Other teams have been struck less in the meantime, so the preview is outdated.
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
