import { createHash } from 'node:crypto';
import { PROOF_PATTERN, type ProofPolicy } from '#contracts';
import { ControlApp, SCENARIO } from '../conformance/control-app.js';

let control: ControlApp;
beforeAll(async () => {
  control = await ControlApp.open();
}, 60_000);
afterAll(() => control?.close());

const withPolicy = (proof: ProofPolicy) => ({ probing: { ...SCENARIO.probing, proof } });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const teamToken = (gameId: string, teamId: string) => control.token({ role: 'team', gameId, teamId });
const proofOf = async (gameId: string, teamId: string): Promise<string> =>
  (await control.call('get', `games/${gameId}/teams/${teamId}/proof`, { as: control.boss }).expect(200)).body
    .proof as string;

describe('the proof of a team', () => {
  it('is another for each, shown to the team and facilitators again and again, and nowhere else', async () => {
    const id = await control.newGame(withPolicy('required'));
    const path = `games/${id}/teams/fenrir/proof`;
    const first = await control.call('get', path, { as: control.boss }).expect(200);
    expect(first.headers['cache-control']).toBe('no-store');
    expect(first.body).toEqual({
      teamId: 'fenrir',
      proof: expect.stringMatching(PROOF_PATTERN) as string,
      policy: 'required',
      header: 'payday-team',
      path: '/.well-known/payday-team',
    });
    const own = await control.call('get', path, { as: await teamToken(id, 'fenrir') }).expect(200);
    expect(own.body).toEqual(first.body);
    const { proof } = first.body as { proof: string };
    expect(await proofOf(id, 'reference')).not.toBe(proof);

    await control.call('get', path).expect(401);
    for (const as of [
      await teamToken(id, 'reference'),
      await teamToken('other', 'fenrir'),
      await control.token({ role: 'facilitator', gameId: 'other' }),
      await control.token({ role: 'read-only' }),
      await control.token({ role: 'prober' }),
      await control.token({ role: 'integration' }),
    ])
      await control.call('get', path, { as }).expect(403);
    for (const nobody of ['nobody', '%00'])
      await control.call('get', `games/${id}/teams/${nobody}/proof`, { as: control.boss }).expect(404);

    const events = await control.eventsOf(id);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'dev.payday.team.added',
        data: {
          team: { id: 'fenrir', name: 'Fenrir Works', color: '#e4572e', ranked: true },
          proofSha256: sha256(proof),
        },
      }),
    );
    expect(JSON.stringify([events, await control.auditOf(id)])).not.toContain(proof);
  });

  it('is made for teams that join, too', async () => {
    const id = await control.newGame();
    await control.call('post', `games/${id}/teams`, { as: control.boss, body: { name: 'Late' } }).expect(201);
    const added = (await control.eventsOf(id)).at(-1);
    expect(added!.data).toMatchObject({ proofSha256: sha256(await proofOf(id, 'late')) });
  });

  it('can be replaced by the team and by facilitators; the former holds ten minutes more', async () => {
    const id = await control.newGame();
    const before = await proofOf(id, 'fenrir');
    const path = `games/${id}/teams/fenrir/proof/rotate`;
    await control.call('post', path).expect(401);
    await control.call('post', path, { as: await teamToken(id, 'reference') }).expect(403);
    const { body } = await control.call('post', path, { as: await teamToken(id, 'fenrir') }).expect(200);
    expect(body.formerUntilAt).toBe(control.nowMs + 600_000);
    expect(body.proof).toMatch(PROOF_PATTERN);
    expect(body.proof).not.toBe(before);
    expect(await proofOf(id, 'fenrir')).toBe(body.proof);
    expect((await control.eventsOf(id)).at(-1)).toMatchObject({
      type: 'dev.payday.team.proof-changed',
      data: {
        teamId: 'fenrir',
        proofSha256: sha256(body.proof as string),
        formerUntilAt: control.nowMs + 600_000,
      },
    });
    expect((await control.auditOf(id)).at(-1)).toMatchObject({
      action: 'team.proof-changed',
      actor: { role: 'team' },
      subject: { team: 'fenrir' },
    });
    expect(JSON.stringify(await control.auditOf(id))).not.toContain(body.proof);
    await control.call('post', `games/${id}/teams/nobody/proof/rotate`, { as: control.boss }).expect(404);
  });

  it('of a game that is older than proofs is none, until one is made', async () => {
    const id = await control.newGame();
    await control.database.query('UPDATE team SET proof = NULL WHERE game_id = $1', [id]);
    const path = `games/${id}/teams/fenrir/proof`;
    expect((await control.call('get', path, { as: control.boss })).body).toMatchObject({
      proof: null,
      policy: 'off',
    });
    await control.call('post', `${path}/rotate`, { as: control.boss }).expect(200);
    expect(await proofOf(id, 'fenrir')).toMatch(PROOF_PATTERN);
  });

  it('is that of a team that knows it already, and never a text that is none', async () => {
    const proof = `pt_${'A'.repeat(43)}`;
    const make = (id: string, given: string) =>
      control.games.create(
        {
          id,
          scenario: SCENARIO,
          teams: [{ id: 'bot', name: 'Bot', color: 'red', ranked: true }],
          endpoints: [],
          proofs: new Map([['bot', given]]),
        },
        { tokenId: null, role: 'system', label: 'test' },
      );
    await make('with-bots', proof);
    expect(await proofOf('with-bots', 'bot')).toBe(proof);
    await expect(make('with-bad-bots', 'pt_short')).rejects.toMatchObject({ code: 'bad_request' });
  });
});

describe('one address for two teams', () => {
  const put = (id: string, teamId: string, body: object, as = control.boss) =>
    control.call('put', `teams/${teamId}/endpoints/router?game=${id}`, { as, body });

  it.each(['required', 'warn'] as const)(
    'is refused with proof %s, without telling whose',
    async (policy) => {
      const id = await control.newGame(withPolicy(policy));
      await put(id, 'fenrir', { url: 'http://10.0.0.1:80/a' }).expect(200);
      const reference = await teamToken(id, 'reference');
      const before = (await control.eventsOf(id)).length;
      const refused = await put(id, 'reference', { url: 'HTTP://10.0.0.1//a/' }, reference).expect(409);
      expect(refused.body).toMatchObject({
        code: 'endpoint_taken',
        title: expect.stringContaining('address'),
      });
      expect(JSON.stringify(refused.body)).not.toContain('fenrir');
      expect(await control.eventsOf(id)).toHaveLength(before);
      // Its own, again, and for another of its services.
      await put(id, 'fenrir', { url: 'http://10.0.0.1/a' }).expect(200);
      // Free again.
      await put(id, 'fenrir', { url: null }).expect(200);
      await put(id, 'reference', { url: 'http://10.0.0.1/a' }, reference).expect(200);
    },
  );

  it('is set by a facilitator who says so, and by no team', async () => {
    const id = await control.newGame(withPolicy('required'));
    await put(id, 'fenrir', { url: 'http://gateway' }).expect(200);
    const wanted = { url: 'http://gateway', shared: true };
    await put(id, 'reference', wanted, await teamToken(id, 'reference')).expect(403);
    await put(id, 'reference', { ...wanted, shared: 'yes' }).expect(400);
    await put(id, 'reference', wanted).expect(200);
    expect((await control.auditOf(id)).at(-1)).toMatchObject({
      action: 'endpoint.set',
      details: { url: 'http://gateway', samePlaceAs: ['fenrir'] },
    });
  });

  it('is taken where nobody has to prove anything, and flagged; so is one server at any time', async () => {
    const id = await control.newGame(withPolicy('off'));
    await put(id, 'fenrir', { url: 'http://10.0.0.1' }).expect(200);
    await put(id, 'reference', { url: 'http://10.0.0.1' }).expect(200);
    expect((await control.auditOf(id)).at(-1)!.details).toMatchObject({ samePlaceAs: ['fenrir'] });
    const other = await control.newGame(withPolicy('required'));
    await put(other, 'fenrir', { url: 'http://10.0.0.1/f' }).expect(200);
    await put(other, 'reference', { url: 'http://10.0.0.1/r' }).expect(200);
    expect((await control.auditOf(other)).at(-1)!.details).toMatchObject({ sameServerAs: ['fenrir'] });
    const { body } = await control.call('get', `games/${other}/teams`, { as: control.boss }).expect(200);
    expect(body.sharedAddresses).toEqual([
      {
        server: '10.0.0.1:80',
        endpoints: [
          { teamId: 'fenrir', serviceId: 'router', url: 'http://10.0.0.1/f' },
          { teamId: 'reference', serviceId: 'router', url: 'http://10.0.0.1/r' },
        ],
      },
    ]);
  });

  it('is refused for teams that join, alone and by a file, and for a new game', async () => {
    const id = await control.newGame(withPolicy('warn'));
    await put(id, 'fenrir', { url: 'http://10.0.0.1' }).expect(200);
    const team = { name: 'Late', endpoints: { router: 'http://10.0.0.1/' } };
    const alone = await control
      .call('post', `games/${id}/teams`, { as: control.boss, body: team })
      .expect(422);
    expect(alone.body.errors).toEqual([
      {
        path: 'teams[0].endpoints.router',
        message: expect.stringContaining('another team of the game') as string,
      },
    ]);
    const csv = 'name,endpoints.router\nLate,http://10.0.0.1\nA,http://h\nB,http://h\n';
    const file = await control
      .call('post', `games/${id}/teams/import`, { as: control.boss, body: csv, type: 'text/csv' })
      .expect(422);
    expect(file.body.errors.map(({ line }: { line: number }) => line)).toEqual([2, 3, 4]);
    const game = {
      scenario:
        'name: G\nduration: 60s\nservices: [{id: router, checks: [{id: c, request: {path: /}}]}]\nload: [{at: 0, label: x, requestsPerSecond: 1}]\n',
      teams: [
        { name: 'A', endpoints: { router: 'http://h' } },
        { name: 'B', endpoints: { router: 'http://h/' } },
      ],
    };
    const made = await control.call('post', 'games', { as: control.boss, body: game }).expect(422);
    expect(made.body.code).toBe('invalid_teams_file');
    const scenario = `${game.scenario}probing: { proof: off }\n`;
    await control.call('post', 'games', { as: control.boss, body: { ...game, scenario } }).expect(201);
  });

  it('goes to one of two who ask at once', async () => {
    const id = await control.newGame(withPolicy('required'));
    const body = { url: 'http://10.0.0.9' };
    const answers = await Promise.all([put(id, 'fenrir', body), put(id, 'reference', body)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});
