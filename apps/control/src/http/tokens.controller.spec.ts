import { TokenStore } from '#persistence';
import { ControlApp } from '../conformance/control-app.js';
import { TOKEN_ROLES } from '#contracts';

let control: ControlApp;
let gameId: string;
beforeAll(async () => {
  control = await ControlApp.open();
  gameId = await control.newGame();
}, 60_000);
afterAll(() => control?.close());

const boss = (path: string, body?: object) => control.call('post', path, { as: control.boss, body });

interface Made {
  id: string;
  secret: string;
}
async function make(body: object): Promise<Made> {
  return (await boss('tokens', { label: 'x', ...body }).expect(201)).body as Made;
}
const works = async ({ secret }: Made): Promise<boolean> => (await control.tokens.verify(secret)) !== null;

describe('tokens', () => {
  it.each(TOKEN_ROLES)('are created for role %s, shown once, and work at once', async (role) => {
    const made = await boss('tokens', {
      role,
      label: `for ${role}`,
      ...(role === 'team' ? { team: 'fenrir' } : {}),
    })
      .expect(201)
      .expect('cache-control', 'no-store');
    expect(made.body).toMatchObject({ role, label: `for ${role}`, revokedAt: null, expiresAt: null });
    expect(await control.tokens.verify(made.body.secret)).toMatchObject({
      role,
      ...(role === 'team' ? { teamId: 'fenrir', gameId } : {}),
    });
    const { text } = await control.call('get', 'tokens', { as: control.boss }).expect(200);
    expect(text).toContain(made.body.id);
    expect(text).not.toContain(made.body.secret);
    expect(JSON.stringify(await control.auditOf())).not.toContain(made.body.secret);
    expect((await control.auditOf()).at(-1)).toMatchObject({
      action: 'token.created',
      actor: { label: 'boss' },
      subject: { token: made.body.id },
    });
  });

  it('are rotated and revoked with immediate effect', async () => {
    const first = await make({ role: 'read-only' });
    expect(await works(first)).toBe(true);
    const second = (await boss(`tokens/${first.id}/rotate`).expect(200)).body as Made;
    expect([await works(first), await works(second)]).toEqual([false, true]);
    expect((await boss(`tokens/${first.id}/rotate`).expect(409)).body.code).toBe('wrong_state');
    const as = `Bearer ${second.secret}`;
    await control.call('get', 'games', { as }).expect(200);
    await control.call('delete', `tokens/${second.id}`, { as: control.boss }).expect(200);
    await control.call('get', 'games', { as }).expect(401);
    await control.call('delete', `tokens/${second.id}`, { as: control.boss }).expect(200);
    const actions = (await control.auditOf()).slice(-3).map(({ action }) => action);
    expect(actions).toEqual(['token.created', 'token.rotated', 'token.revoked']);
    expect((await control.call('delete', 'tokens/none', { as: control.boss }).expect(404)).body.code).toBe(
      'unknown_token',
    );
  });

  it('share the verifier’s store: no cache outlives a revocation', () => {
    expect(control.app.get(TokenStore)).toBe(control.tokens);
  });

  it('expire', async () => {
    const made = await make({ role: 'read-only', expiresAt: control.nowMs + 1000 });
    expect(await works(made)).toBe(true);
    control.nowMs += 1000;
    expect(await works(made)).toBe(false);
    await control.call('get', 'games', { as: `Bearer ${made.secret}` }).expect(401);
  });

  it.each<[string, object, number, string]>([
    ['no label', { role: 'prober', label: '' }, 400, 'bad_request'],
    ['another role', { role: 'god' }, 400, 'bad_request'],
    ['a team token without a team', { role: 'team' }, 400, 'bad_request'],
    ['a team for another role', { role: 'prober', team: 'fenrir' }, 400, 'bad_request'],
    ['an unknown team', { role: 'team', team: 'nobody' }, 404, 'unknown_team'],
    ['an unknown game', { role: 'prober', game: 'none' }, 404, 'unknown_game'],
    ['a time that is over', { role: 'prober', expiresAt: 5 }, 400, 'bad_request'],
    ['a secret of one’s own', { role: 'prober', secret: 'x' }, 400, 'bad_request'],
  ])('refuses %s', async (_, body, status, code) => {
    expect((await boss('tokens', { label: 'x', ...body }).expect(status)).body.code).toBe(code);
  });

  it('are created only by facilitators, within the scope of their game', async () => {
    await control.call('post', 'tokens', { body: { role: 'facilitator', label: 'x' } }).expect(401);
    for (const role of ['team', 'prober', 'integration', 'read-only'] as const) {
      const as = await control.token({ role });
      await control.call('post', 'tokens', { as, body: { role: 'facilitator', label: 'x' } }).expect(403);
      await control.call('get', 'tokens', { as }).expect(403);
      await control.call('get', 'audit', { as }).expect(403);
    }
    const limited = await control.token({ role: 'facilitator', gameId });
    const body = { role: 'facilitator', label: 'x' };
    const made = await control.call('post', 'tokens', { as: limited, body }).expect(201);
    expect(made.body.gameId).toBe(gameId);
    const other = await control.newGame();
    await control.call('post', 'tokens', { as: limited, body: { ...body, game: other } }).expect(403);
    const wide = await make({ role: 'prober' });
    await control.call('delete', `tokens/${wide.id}`, { as: limited }).expect(403);
    await control.call('post', `tokens/${wide.id}/rotate`, { as: limited }).expect(403);
    const listed = await control.call('get', 'tokens', { as: limited }).expect(200);
    expect(listed.body.tokens.every((token: { gameId: string }) => token.gameId === gameId)).toBe(true);
  });
});

describe('GET /api/v1/audit', () => {
  it('returns pages, newest first, to facilitators of the game', async () => {
    const id = await control.newGame();
    for (let n = 0; n < 4; n++) await boss('announcements', { game: id, text: `n${n}` }).expect(201);
    const page = async (query: string, as = control.boss) =>
      (await control.call('get', `audit?${query}`, { as }).expect(200)).body;
    const first = await page(`game=${id}&limit=3`);
    expect(first.entries.map(({ details }: { details: { text: string } }) => details.text)).toEqual([
      'n3',
      'n2',
      'n1',
    ]);
    const rest = await page(`game=${id}&limit=3&before=${first.nextBefore}`);
    expect(rest).toMatchObject({
      entries: [{ details: { text: 'n0' } }, { action: 'game.created' }],
      nextBefore: null,
    });
    expect(rest.entries[0].hash).toMatch(/^[0-9a-f]{64}$/);
    const limited = await control.token({ role: 'facilitator', gameId: id });
    expect((await page('', limited)).entries).toHaveLength(5);
    await control.call('get', `audit?game=${gameId}`, { as: limited }).expect(403);
    await control.call('get', 'audit').expect(401);
    await control.call('get', 'audit?limit=0', { as: control.boss }).expect(400);
  });
});
