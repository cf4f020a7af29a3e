import { Writable } from 'node:stream';
import { type DataSource, openDatabase, readAudit, TokenStore } from '#persistence';
import { systemClock } from '#runtime';
import { buildScenario, startTestPostgres, type TestPostgres } from '#testing';
import { GameStore } from '#persistence';
import { run } from './run.js';

let postgres: TestPostgres;
let database: DataSource;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.databaseUrl, { migrate: true });
  const store = new GameStore(database);
  const times = { startsAt: null, endsAt: null, pausedAt: null, sealedAt: null, lastAliveAt: null };
  await store.transaction((manager) =>
    store.insert(
      manager,
      { id: 'g', name: 'G', seed: 's', scenario: buildScenario(), state: 'lobby', createdAt: 1, ...times },
      [{ id: 'fenrir', name: 'Fenrir', color: 'red', ranked: true }],
      [],
    ),
  );
}, 60_000);
afterAll(async () => {
  await database?.destroy();
  await postgres?.stop();
});

async function token(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const into = (name: 'out' | 'err'): Writable =>
    new Writable({ write: (chunk, _encoding, done) => ((said[name] += String(chunk)), done()) });
  const argv = ['token', ...args, '--database', postgres.databaseUrl];
  const code = await run(argv, { stdout: into('out'), stderr: into('err') });
  return { code, ...said };
}

const verify = (secret: string) => new TokenStore(database, systemClock).verify(secret);

test('a token is made, listed without its secret, and revoked', async () => {
  const made = await token(
    'create',
    '--role',
    'team',
    '--team',
    'fenrir',
    '--label',
    'Fenrir',
    '--expires-in',
    '8h',
  );
  expect([made.code, made.err]).toEqual([0, '']);
  const secret = made.out.trim();
  const principal = await verify(secret);
  expect(principal).toMatchObject({ role: 'team', gameId: 'g', teamId: 'fenrir', label: 'Fenrir' });
  const listed = await token('list');
  expect(listed.out).toMatch(
    new RegExp(`^${principal!.tokenId} +team +good until \\S+ +g +fenrir +Fenrir$`, 'm'),
  );
  expect(listed.out).not.toContain(secret);
  expect((await token('revoke', principal!.tokenId)).out).toBe(`revoked ${principal!.tokenId}\n`);
  expect(await verify(secret)).toBe(null);
  expect((await token('list')).out).toContain('revoked');
  const [last] = await readAudit(database, { limit: 1 });
  expect(last).toMatchObject({ action: 'token.revoked', actor: { role: 'system', label: 'command line' } });
});

test('machines get JSON', async () => {
  const { out } = await token('create', '--role', 'facilitator', '--json');
  const made = JSON.parse(out) as { id: string; secret: string };
  expect(await verify(made.secret)).toMatchObject({ tokenId: made.id, role: 'facilitator' });
  const { tokens } = JSON.parse((await token('list', '--json')).out) as { tokens: { id: string }[] };
  expect(tokens.map(({ id }) => id)).toContain(made.id);
});

test.each([
  [['create']],
  [['create', '--role', 'god']],
  [['create', '--role', 'team']],
  [['create', '--role', 'prober', '--team', 'fenrir']],
  [['create', '--role', 'team', '--team', 'nobody']],
  [['create', '--role', 'prober', '--game', 'none']],
  [['create', '--role', 'prober', '--expires-in', 'soon']],
  [['create', '--role', 'prober', '--label', 'a\nb']],
  [['revoke', 'nobody']],
])('wrong usage: %j', async (args) => {
  const { code, out, err } = await token(...args);
  expect([code, out]).toEqual([2, '']);
  expect(err).not.toBe('');
});
