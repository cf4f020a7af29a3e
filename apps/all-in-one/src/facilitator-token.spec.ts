import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataSource, openDatabase, readAudit, TokenStore } from '#persistence';
import { systemClock } from '#runtime';
import { startTestPostgres, type TestPostgres } from '#testing';
import { TokenService } from '../../control/src/index.js';
import { keepFacilitatorToken } from './facilitator-token.js';

let postgres: TestPostgres;
let database: DataSource;
let folder: string;
let store: TokenStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payday-token-'));
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.databaseUrl, { migrate: true });
  store = new TokenStore(database, systemClock);
}, 60_000);
afterAll(async () => {
  await database?.destroy();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const keep = () => keepFacilitatorToken(folder, new TokenService(store, systemClock), store);
const secret = async (): Promise<string> =>
  (await readFile(join(folder, 'facilitator.token'), 'utf8')).trim();

test('there is one token, for the owner’s eyes, kept as long as it is good', async () => {
  const path = await keep();
  expect(path).toBe(join(folder, 'facilitator.token'));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const first = await secret();
  const principal = await store.verify(first);
  expect(principal).toMatchObject({ role: 'facilitator' });
  await keep();
  expect(await secret()).toBe(first);

  await store.revoke(principal!.tokenId);
  await keep();
  const second = await secret();
  expect(second).not.toBe(first);
  expect(await store.verify(second)).toMatchObject({ role: 'facilitator' });
  const audited = await readAudit(database, { limit: 10 });
  expect(audited.map(({ action, actor }) => [action, actor.label])).toEqual([
    ['token.created', 'launcher'],
    ['token.created', 'launcher'],
  ]);
  expect(JSON.stringify(audited)).not.toContain(second);
});

test('a file that everybody may read, or that holds something else, is replaced', async () => {
  const path = join(folder, 'facilitator.token');
  await writeFile(path, 'my notes', { mode: 0o644 });
  await keep();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await store.verify(await secret())).not.toBe(null);
});
