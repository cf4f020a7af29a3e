import { startTestPostgres, type TestPostgres } from '#testing';
import type { DataSource } from 'typeorm';
import { openDatabase } from '../database.js';
import { TokenStore, newTokenId } from './token-store.js';

let postgres: TestPostgres;
let database: DataSource;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.databaseUrl, { migrate: true });
});

afterAll(async () => {
  await database?.destroy();
  await postgres?.stop();
});

it('creates token ids that no command line mistakes for an option', () => {
  for (let first = 0; first < 256; first++)
    expect(newTokenId((bytes) => Buffer.alloc(bytes, first))).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{11}$/);
});

describe('TokenStore', () => {
  let nowMs = 1_000;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const newStore = (): TokenStore => new TokenStore(database, clock, { cacheTtlMs: 5_000 });

  it('returns the principal of a secret', async () => {
    const store = newStore();
    const { tokenId, secret } = await store.create({
      role: 'team',
      gameId: 'g',
      teamId: 'fenrir',
      label: 'Fenrir',
    });
    expect(secret).toMatch(/^pd_[A-Za-z0-9_-]{43}$/);
    const label = 'Fenrir';
    expect(await store.verify(secret)).toEqual({
      tokenId,
      role: 'team',
      label,
      gameId: 'g',
      teamId: 'fenrir',
    });
    const boss = await store.create({ role: 'facilitator', label: 'boss' });
    expect(await newStore().verify(boss.secret)).toEqual({
      tokenId: boss.tokenId,
      role: 'facilitator',
      label: 'boss',
    });
  });

  it.each(['', 'pd_', `pd_${'x'.repeat(43)}`, 'x'.repeat(100_000), `pd_${'é'.repeat(43)}`])(
    'knows no unknown secret',
    async (secret) => {
      expect(await newStore().verify(secret)).toBe(null);
    },
  );

  it('stores the secret in no table', async () => {
    const { secret } = await newStore().create({ role: 'prober', label: 'prober 1' });
    const tables = await database.query<{ name: string }[]>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const secretHex = Buffer.from(secret).toString('hex');
    for (const { name } of tables) {
      const rows = JSON.stringify(await database.query(`SELECT t::text AS row FROM "${name}" t`));
      expect(rows).not.toContain(secret);
      expect(rows).not.toContain(secret.slice(3));
      expect(rows).not.toContain(secretHex);
    }
  });

  it('rejects a revoked token at once in its own process, and within the cache time in others', async () => {
    const here = newStore();
    const elsewhere = newStore();
    const { tokenId, secret } = await here.create({ role: 'read-only', label: 'x' });
    expect(await here.verify(secret)).not.toBe(null);
    expect(await elsewhere.verify(secret)).not.toBe(null);
    await here.revoke(tokenId);
    await here.revoke(tokenId);
    expect(await here.verify(secret)).toBe(null);
    expect(await elsewhere.verify(secret)).not.toBe(null);
    nowMs += 5_001;
    expect(await elsewhere.verify(secret)).toBe(null);
  });

  it('caches nothing that was read before a revocation', async () => {
    const store = newStore();
    const { tokenId, secret } = await store.create({ role: 'read-only', label: 'race' });
    // Twenty look-ups are in flight while the token is revoked.
    const looking = Array.from({ length: 20 }, () => store.verify(secret));
    await store.revoke(tokenId);
    await Promise.all(looking);
    expect(await store.verify(secret)).toBe(null);
  });

  it('expires a token on time, even while it is cached', async () => {
    const store = newStore();
    const { secret } = await store.create({ role: 'read-only', label: 'x', expiresAt: nowMs + 1000 });
    nowMs += 999;
    expect(await store.verify(secret)).not.toBe(null);
    nowMs += 1;
    expect(await store.verify(secret)).toBe(null);
    expect(await newStore().verify(secret)).toBe(null);
  });

  it('replaces a token with another one for the same purpose, once', async () => {
    const store = newStore();
    const first = await store.create({
      role: 'team',
      gameId: 'g',
      teamId: 't',
      label: 'x',
      expiresAt: nowMs + 9999,
    });
    const also: unknown[] = [];
    const second = await store.replace(first.tokenId, async (_, info) => also.push(info));
    expect(await store.verify(first.secret)).toBe(null);
    expect(await store.verify(second!.secret)).toMatchObject({ role: 'team', gameId: 'g', teamId: 't' });
    expect(also).toEqual([await store.find(second!.tokenId)]);
    expect(await store.find(second!.tokenId)).toMatchObject({ expiresAt: nowMs + 9999, revokedAt: null });
    expect(await store.replace(first.tokenId)).toBe(null);
    expect(await store.replace('nobody')).toBe(null);
    expect((await store.list('g')).map(({ id }) => id)).toContain(second!.tokenId);
    expect(JSON.stringify(await store.list())).not.toContain('sha256');
  });

  it('creates no token if other work in its transaction fails', async () => {
    const store = newStore();
    const before = (await store.list()).length;
    const failing = store.create({ role: 'team', label: 'x' }, async () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await store.list()).toHaveLength(before);
  });

  it('rotates only the tokens with the same purpose', async () => {
    const store = newStore();
    const purpose = { role: 'prober' as const, gameId: 'g', label: 'prober 7' };
    const first = await store.create(purpose);
    const other = await store.create({ ...purpose, gameId: 'another' });
    const second = await store.rotate(purpose);
    expect(await store.verify(first.secret)).toBe(null);
    expect(await store.verify(second.secret)).not.toBe(null);
    expect(await store.verify(other.secret)).not.toBe(null);
  });
});
