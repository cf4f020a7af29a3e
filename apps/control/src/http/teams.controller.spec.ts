import { jest } from '@jest/globals';
import { GameStore } from '#persistence';
import { ControlApp } from '../conformance/control-app.js';

let control: ControlApp;
beforeAll(async () => {
  control = await ControlApp.open();
}, 60_000);
afterAll(() => control?.close());

const boss = (path: string, body?: object | string, type?: string) =>
  control.call('post', path, { as: control.boss, body, type });
const upload = (id: string, body: string, type = 'text/csv') => boss(`games/${id}/teams/import`, body, type);

const CSV =
  '\uFEFFname,id,ranked,endpoints.router\r\n"Golem, Inc",golem,true,http://10.0.0.1:80/\r\n五つ星,stars,FALSE,\r\n';

describe('adding teams', () => {
  it('adds one while the game runs, and publishes it', async () => {
    const { id } = await control.runningGame();
    const { body } = await boss(`games/${id}/teams`, {
      name: 'Hydra',
      ranked: false,
      endpoints: { router: 'http://10.0.0.3/' },
    }).expect(201);
    expect(body).toEqual({
      id: 'hydra',
      name: 'Hydra',
      color: expect.stringContaining('oklch') as string,
      ranked: false,
      endpoints: { router: 'http://10.0.0.3' },
    });
    const listed = await control.call('get', `games/${id}/teams`, { as: control.boss }).expect(200);
    expect(listed.body.teams.map((team: { id: string }) => team.id)).toEqual([
      'fenrir',
      'hydra',
      'reference',
    ]);
    expect(listed.body.teams[1]).toEqual(body);
    expect((await control.eventsOf(id)).slice(-2)).toMatchObject([
      { type: 'dev.payday.team.added', data: { team: { id: 'hydra', ranked: false } } },
      { type: 'dev.payday.endpoint.changed', data: { teamId: 'hydra', url: 'http://10.0.0.3' } },
    ]);
    expect((await control.auditOf(id)).at(-1)).toMatchObject({
      action: 'teams.added',
      actor: { label: 'boss' },
      details: { teams: ['hydra'] },
    });
  });

  it('lists them while others are added', async () => {
    const id = await control.newGame();
    const store = control.app.get(GameStore);
    const teams = store.teams.bind(store);
    const spy = jest.spyOn(store, 'teams').mockImplementationOnce(async (...args) => {
      const known = await teams(...args);
      await boss(`games/${id}/teams`, { name: 'Late', endpoints: { router: 'http://10.0.0.4/' } }).expect(
        201,
      );
      return known;
    });
    const { body } = await control.call('get', `games/${id}/teams`, { as: control.boss }).expect(200);
    spy.mockRestore();
    expect(body.teams).toHaveLength(2);
  });

  it.each<[string, string, string]>([
    ['CSV', CSV, 'text/csv; charset=utf-8'],
    [
      'YAML',
      'teams:\n  - { name: "Golem, Inc", id: golem, endpoints: { router: "http://10.0.0.1:80/" } }\n  - { name: 五つ星, id: stars, ranked: false }\n',
      'application/yaml',
    ],
  ])('imports %s', async (_, file, type) => {
    const id = await control.newGame();
    const { body } = await upload(id, file, type).expect(201);
    expect(body.teams).toMatchObject([
      { id: 'golem', name: 'Golem, Inc', ranked: true, endpoints: { router: 'http://10.0.0.1' } },
      { id: 'stars', name: '五つ星', ranked: false, endpoints: {} },
    ]);
  });

  it('imports all or nothing, and reports every mistake with its line', async () => {
    const id = await control.newGame();
    const before = (await control.eventsOf(id)).length;
    const { body } = await upload(
      id,
      'name,id,endpoints.router\nGood,good,\nFenrir Works,x,\nGood too,fenrir,ftp://h\n',
    ).expect(422);
    expect(body).toMatchObject({ code: 'invalid_teams_file' });
    expect(body.errors.map(({ line, path }: { line: number; path: string }) => [line, path]).sort()).toEqual([
      [3, 'name'],
      [4, 'endpoints.router'],
      [4, 'id'],
    ]);
    expect(await control.eventsOf(id)).toHaveLength(before);
    expect(await control.auditOf(id)).toHaveLength(1);
  });

  it('accepts a thousand teams at once and no more', async () => {
    const id = await control.newGame();
    const file = (from: number, count: number) =>
      `name\n${Array.from({ length: count }, (_, i) => `Team ${from + i}`).join('\n')}\n`;
    expect((await upload(id, file(0, 998)).expect(201)).body.teams).toHaveLength(998);
    expect((await upload(id, file(2000, 1)).expect(422)).body.detail).toContain('at most 1000 teams');
    expect(await control.eventsOf(id)).toHaveLength(1 + 2 + 998);
  });

  it('lets one of two concurrent additions of the same team win', async () => {
    const id = await control.newGame();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => boss(`games/${id}/teams`, { name: 'Hydra' })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.every((status) => [201, 409, 422].includes(status))).toBe(true);
  });

  it.each<[string, string | object, string | undefined, number, string]>([
    ['no file', '', 'text/csv', 422, 'invalid_teams_file'],
    ['JSON', { teams: [] }, undefined, 415, 'unsupported_media_type'],
    ['a picture', 'x', 'image/png', 415, 'unsupported_media_type'],
    ['bad YAML', 'teams: [', 'application/yaml', 422, 'invalid_teams_file'],
  ])('refuses %s', async (_, body, type, status, code) => {
    const id = await control.newGame();
    const refused = await boss(`games/${id}/teams/import`, body, type).expect(status);
    expect(refused.body.code).toBe(code);
  });

  it('refuses bytes that are not UTF-8, and files beyond the limit', async () => {
    const id = await control.newGame();
    const latin1 = Buffer.from('name\nM\xfcller\n', 'latin1');
    const refused = await control
      .call('post', `games/${id}/teams/import`, { as: control.boss, type: 'text/csv' })
      .send(latin1 as unknown as string)
      .expect(422);
    expect(refused.body.detail).toContain('UTF-8');
    const big = await upload(id, `name\n${'x'.repeat(5_000_000)}`).expect(413);
    expect(big.body.code).toBe('payload_too_large');
  });

  it('is for facilitators of that game, and over when it is sealed', async () => {
    const { id, startsAt } = await control.runningGame();
    await control.call('post', `games/${id}/teams`, { body: { name: 'X' } }).expect(401);
    for (const role of ['team', 'prober', 'integration', 'read-only'] as const)
      await control
        .call('post', `games/${id}/teams/import`, {
          as: await control.token({ role }),
          body: CSV,
          type: 'text/csv',
        })
        .expect(403);
    control.nowMs = startsAt + 60_000;
    await boss(`games/${id}/end`).expect(200);
    await boss(`games/${id}/seal`).expect(200);
    expect((await boss(`games/${id}/teams`, { name: 'Late' }).expect(409)).body.code).toBe('game_over');
  });
});

describe('changing a team', () => {
  const patch = (id: string, teamId: string, body?: object | string, as: string | null = control.boss) =>
    control.call('patch', `games/${id}/teams/${teamId}`, { body, ...(as === null ? {} : { as }) });
  const FENRIR = { id: 'fenrir', name: 'Fenrir Works', color: '#e4572e', ranked: true };

  it('changes the given fields and publishes the whole team, while the game runs', async () => {
    const { id } = await control.runningGame();
    const router = { body: { url: 'http://10.0.0.1' }, as: control.boss };
    await control.call('put', `teams/fenrir/endpoints/router?game=${id}`, router).expect(200);
    const before = (await control.eventsOf(id)).length;
    const { body } = await patch(id, 'fenrir', { name: ' 五つ星 ', ranked: false }).expect(200);
    expect(body).toEqual({
      ...FENRIR,
      name: '五つ星',
      ranked: false,
      endpoints: { router: 'http://10.0.0.1' },
    });
    const listed = await control.call('get', `games/${id}/teams`, { as: control.boss }).expect(200);
    expect(listed.body.teams[0]).toEqual(body);
    const told = await control.eventsOf(id);
    expect(told.slice(before)).toMatchObject([
      {
        type: 'dev.payday.team.changed',
        source: '/control',
        subject: id,
        data: { team: { ...FENRIR, name: '五つ星', ranked: false } },
      },
    ]);
    expect(told.at(-1)!.sequence).toBe(before + 1);
    expect((await control.auditOf(id)).at(-1)).toMatchObject({
      action: 'team.changed',
      actor: { role: 'facilitator', label: 'boss' },
      subject: { game: id, team: 'fenrir' },
      details: {
        from: { name: 'Fenrir Works', ranked: true },
        to: { name: '五つ星', ranked: false },
      },
    });
    const publicly = await control.call('get', `teams?game=${id}`).expect(200);
    expect(publicly.body.teams[0]).toMatchObject({ id: 'fenrir', name: '五つ星' });
  });

  it('publishes nothing if nothing differs, and is repeatable', async () => {
    const id = await control.newGame();
    await patch(id, 'fenrir', { color: 'tomato' }).expect(200);
    const [events, audit] = [(await control.eventsOf(id)).length, (await control.auditOf(id)).length];
    const { body } = await patch(id, 'fenrir', { color: 'tomato', name: ' Fenrir Works' }).expect(200);
    expect(body).toEqual({ ...FENRIR, color: 'tomato', endpoints: {} });
    expect(await control.eventsOf(id)).toHaveLength(events);
    expect(await control.auditOf(id)).toHaveLength(audit);
  });

  it('refuses the name of another team, but accepts its own in other letters', async () => {
    const id = await control.newGame();
    const before = (await control.eventsOf(id)).length;
    const refused = await patch(id, 'fenrir', { name: 'ＲＥＦＥＲＥＮＣＥ', ranked: false }).expect(409);
    expect(refused.body).toMatchObject({ code: 'team_exists', detail: expect.stringContaining('Reference') });
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(await control.eventsOf(id)).toHaveLength(before);
    await patch(id, 'fenrir', { name: 'FENRIR works' }).expect(200);
  });

  it('lets one of many concurrent changes to one name win', async () => {
    const id = await control.newGame();
    const answers = await Promise.all(
      ['fenrir', 'reference', 'fenrir', 'reference'].map((team) => patch(id, team, { name: 'Hydra' })),
    );
    // Each team sends it twice: the team that has the name succeeds again.
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 409, 409]);
    const names = (await control.eventsOf(id)).filter(({ type }) => type === 'dev.payday.team.changed');
    expect(names).toHaveLength(1);
  });

  it.each<[object | string | undefined, string[]]>([
    [{}, ['body']],
    [undefined, ['body']],
    [[], ['body']],
    [{ name: ' ' }, ['name']],
    [{ name: 'x'.repeat(41) }, ['name']],
    [{ name: 'a\u0000b' }, ['name']],
    [{ name: null, color: 'tomato' }, ['name']],
    [{ color: 'red;}' }, ['color']],
    [{ ranked: 'no', id: 'golem', endpoints: {} }, ['endpoints', 'id', 'ranked']],
  ])('refuses %j', async (body, paths) => {
    const id = await control.newGame();
    const refused = await patch(id, 'fenrir', body).expect(400);
    expect(refused.body).toMatchObject({ code: 'bad_request', status: 400 });
    expect(refused.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual(paths);
    expect(await control.auditOf(id)).toHaveLength(1);
  });

  it('knows its games and teams, and is for facilitators of that game', async () => {
    const id = await control.newGame();
    const body = { name: 'Garm' };
    expect((await patch('nowhere', 'fenrir', body).expect(404)).body.code).toBe('unknown_game');
    expect((await patch(id, 'hydra', body).expect(404)).body.code).toBe('unknown_team');
    expect((await patch(id, '%00', body).expect(404)).body.code).toBe('unknown_team');
    await patch(id, 'fenrir', body, null).expect(401);
    for (const role of ['team', 'prober', 'integration', 'read-only'] as const)
      await patch(id, 'fenrir', body, await control.token({ role, teamId: 'fenrir' })).expect(403);
    const elsewhere = await control.token({ role: 'facilitator', gameId: await control.newGame() });
    expect((await patch(id, 'fenrir', body, elsewhere).expect(403)).body.code).toBe('forbidden');
    const here = await control.token({ role: 'facilitator', gameId: id });
    await patch(id, 'fenrir', body, here).expect(200);
  });

  it('is possible when the game is paused, frozen or over, but not when it is sealed', async () => {
    const { id, startsAt } = await control.runningGame();
    await boss(`games/${id}/pause`).expect(200);
    await patch(id, 'fenrir', { name: 'In the break' }).expect(200);
    await boss(`games/${id}/resume`).expect(200);
    await boss(`games/${id}/freeze`).expect(200);
    await patch(id, 'fenrir', { ranked: false }).expect(200);
    control.nowMs = startsAt + 120_000;
    await boss(`games/${id}/end`).expect(200);
    await patch(id, 'fenrir', { ranked: true }).expect(200);
    await boss(`games/${id}/seal`).expect(200);
    // The winner is final now.
    for (const body of [{ ranked: false }, { ranked: true }])
      expect((await patch(id, 'fenrir', body).expect(409)).body.code).toBe('game_over');
  });
});

describe('endpoints', () => {
  it('are removed by their team, and by no other', async () => {
    const { id } = await control.runningGame();
    const team = await control.token({ role: 'team', gameId: id, teamId: 'fenrir', label: 'Fenrir' });
    const path = 'teams/fenrir/endpoints/router';
    await control.call('put', path, { as: team, body: { url: 'http://10.0.0.1/' } }).expect(200);
    await control.call('delete', path, { as: team }).expect(204);
    await control.call('delete', path, { as: team }).expect(204);
    await control.call('delete', 'teams/reference/endpoints/router', { as: team }).expect(403);
    await control.call('delete', path).expect(401);
    const mine = (await control.auditOf(id)).filter(({ actor }) => actor.role === 'team');
    expect(mine.map(({ action, subject, actor }) => [action, subject['team'], actor.label])).toEqual([
      ['endpoint.set', 'fenrir', 'Fenrir'],
      ['endpoint.removed', 'fenrir', 'Fenrir'],
    ]);
  });

  it('may be changed by their team five times at once, then every two seconds; by facilitators without a limit', async () => {
    const { id } = await control.runningGame();
    const team = await control.token({ role: 'team', gameId: id, teamId: 'fenrir' });
    const path = 'teams/fenrir/endpoints/router';
    const put = (as: string, n: number) =>
      control.call('put', path, { as, body: { url: `http://10.0.0.${n}` } });
    // Neither an invalid change nor one of an unknown service is counted.
    await control.call('put', path, { as: team, body: { uri: 'x' } }).expect(400);
    for (let i = 0; i < 9; i++)
      await control
        .call('put', `teams/fenrir/endpoints/x${i}`, { as: team, body: { url: null } })
        .expect(404);
    for (let i = 1; i <= 5; i++) await put(team, i).expect(200);
    const { body } = await put(team, 6).expect(429).expect('retry-after', '2');
    expect(body).toMatchObject({
      code: 'too_many_requests',
      detail: expect.stringMatching(/"router" was changed too often.*Try again in 2 seconds/),
    });
    await control.call('delete', path, { as: team }).expect(429);
    for (let i = 1; i <= 9; i++) await put(control.boss, 100 + i).expect(200);
    control.nowMs += 2_000;
    await put(team, 7).expect(200);
    await put(team, 8).expect(429);
  });
});

describe('announcements', () => {
  it('are published to everybody, with picture and video', async () => {
    const { id } = await control.runningGame();
    const said = {
      text: 'Hello, new hires! 🦄',
      pictureUrl: '/ceo.png',
      videoUrl: 'https://v.example/hello?x=1',
    };
    const { body } = await boss('announcements', said).expect(201);
    expect(body).toEqual({ announcementId: expect.stringMatching(/^say-/) as string, ...said });
    expect((await control.eventsOf(id)).at(-1)).toMatchObject({
      type: 'dev.payday.announcement.made',
      data: body,
    });
    expect((await control.auditOf(id)).at(-1)).toMatchObject({ action: 'announcement.made', details: said });
  });

  it.each([
    [{}],
    [{ text: ' ' }],
    [{ text: 'a\nb' }],
    [{ text: 'half a unicorn \ud83e' }],
    [{ text: 'gnp.\u202eexe' }],
    [{ text: 'x'.repeat(501) }],
    [{ text: 'x', pictureUrl: 'javascript:alert(1)' }],
    [{ text: 'x', pictureUrl: '//evil.example/x' }],
    [{ text: 'x', videoUrl: '/\\evil.example' }],
    [{ text: 'x', videoUrl: 'data:text/html,x' }],
    [{ text: 'x', more: 1 }],
  ])('refuses %j', async (body) => {
    expect((await boss('announcements', body).expect(400)).body.code).toBe('bad_request');
  });
});
