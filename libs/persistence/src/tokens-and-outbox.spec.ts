import type { DataSource } from 'typeorm';
import { startTestPostgres, type TestPostgres } from '#testing';
import { openDatabase } from './database.js';
import { insertIntoOutbox, type NewEvent } from './outbox.js';
import { OutboxRelay, type OutboxRecord } from './outbox-relay.js';
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

it('makes token ids that no command line takes for an option', () => {
  for (let first = 0; first < 256; first++)
    expect(newTokenId((bytes) => Buffer.alloc(bytes, first))).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{11}$/);
});

describe('TokenStore', () => {
  let nowMs = 1_000;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const newStore = (): TokenStore => new TokenStore(database, clock, { cacheTtlMs: 5_000 });

  it('tells whom a secret stands for', async () => {
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

  it('keeps the secret in no table', async () => {
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

  it('forgets a revoked token at once here, and within the cache time elsewhere', async () => {
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

  it('remembers nothing that was read before a revocation', async () => {
    const store = newStore();
    const { tokenId, secret } = await store.create({ role: 'read-only', label: 'race' });
    // Twenty look-ups on their way while the token is revoked.
    const looking = Array.from({ length: 20 }, () => store.verify(secret));
    await store.revoke(tokenId);
    await Promise.all(looking);
    expect(await store.verify(secret)).toBe(null);
  });

  it('ends a token when its time is over, also while it is remembered', async () => {
    const store = newStore();
    const { secret } = await store.create({ role: 'read-only', label: 'x', expiresAt: nowMs + 1000 });
    nowMs += 999;
    expect(await store.verify(secret)).not.toBe(null);
    nowMs += 1;
    expect(await store.verify(secret)).toBe(null);
    expect(await newStore().verify(secret)).toBe(null);
  });

  it('replaces one token by another for the same purpose, once', async () => {
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

  it('makes no token where what belongs to it fails', async () => {
    const store = newStore();
    const before = (await store.list()).length;
    const failing = store.create({ role: 'team', label: 'x' }, async () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await store.list()).toHaveLength(before);
  });

  it('rotates: the new token replaces those of the same purpose only', async () => {
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

describe('the outbox', () => {
  const relays: OutboxRelay[] = [];
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await database.query('TRUNCATE outbox');
  });
  const relay = (
    append: (topic: string, records: OutboxRecord[]) => Promise<void>,
    maxBatch = 500,
  ): OutboxRelay => {
    const made = new OutboxRelay(database, { append, maxBatch, pollMs: 50, onError: () => undefined });
    relays.push(made);
    made.start();
    return made;
  };
  const put = (subject: string, ...data: number[]): Promise<unknown> =>
    database.transaction((manager) =>
      insertIntoOutbox(
        manager,
        't',
        data.map((n) => event(subject, n)),
      ),
    );

  it('publishes in order, numbered without gaps per subject, and ends empty', async () => {
    const seen: OutboxRecord[] = [];
    const moving = relay(async (_, records) => void seen.push(...records), 3);
    await put('g1', 1, 2, 3, 4, 5);
    await put('g2', 1);
    await Promise.all(Array.from({ length: 20 }, (_, i) => put('g1', 100 + i)));
    await moving.drained(5_000);
    const g1 = seen.filter((r) => r.key === 'g1');
    expect(g1.map((r) => Number(r.headers['ce_sequence']))).toEqual(
      Array.from({ length: 25 }, (_, i) => i + 1),
    );
    expect(g1.slice(0, 5).map((r) => JSON.parse(Buffer.from(r.value).toString()))).toEqual(
      [1, 2, 3, 4, 5].map((n) => ({ n })),
    );
    expect(seen.filter((r) => r.key === 'g2').map((r) => r.headers['ce_sequence'])).toEqual(['1']);
    expect(await database.query('SELECT 1 FROM outbox')).toEqual([]);
  });

  it('publishes nothing of a transaction that was rolled back', async () => {
    const seen: OutboxRecord[] = [];
    const moving = relay(async (_, records) => void seen.push(...records));
    await expect(
      database.transaction(async (manager) => {
        await insertIntoOutbox(manager, 't', [event('rolled-back', 1)]);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await put('rolled-back', 2);
    await moving.drained(5_000);
    expect(seen.map((r) => [r.headers['ce_sequence'], Buffer.from(r.value).toString()])).toEqual([
      ['1', '{"n":2}'],
    ]);
  });

  it('publishes again what the log did not take, in the same order', async () => {
    const tries: number[][] = [];
    let broken = 3;
    const moving = relay(async (_, records) => {
      tries.push(records.map((r) => (JSON.parse(Buffer.from(r.value).toString()) as { n: number }).n));
      if (broken-- > 0) throw new Error('the log is away');
    });
    await put('again', 1, 2, 3);
    await moving.drained(5_000);
    expect(tries.length).toBeGreaterThanOrEqual(4);
    expect(tries.at(-1)).toEqual([1, 2, 3]);
  });

  it('refuses an event that no log would take, for everything behind it would wait for ever', async () => {
    const huge = { ...event('huge', 1), data: { text: 'x'.repeat(1_000_000) } };
    await expect(
      database.transaction((manager) => insertIntoOutbox(manager, 't', [huge])),
    ).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(await database.query('SELECT 1 FROM outbox')).toEqual([]);
  });

  it('loses nothing when the relay’s connection is cut', async () => {
    const seen: string[] = [];
    const moving = relay(
      async (_, records) => void seen.push(...records.map((r) => r.headers['ce_sequence']!)),
      1,
    );
    await put('cut', 1, 2, 3);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'payday-outbox'`,
    );
    await put('cut', 4, 5);
    await moving.drained(5_000);
    expect([...new Set(seen)]).toEqual(['1', '2', '3', '4', '5']);
  });

  it('is moved by one relay at a time, and by the other when that one ends', async () => {
    const by: string[] = [];
    const first = relay(async (_, records) => void by.push(...records.map(() => 'first')));
    await put('two', 1);
    await first.drained(5_000);
    const second = relay(async (_, records) => void by.push(...records.map(() => 'second')));
    await put('two', 2);
    await first.drained(5_000);
    await first.stop();
    await put('two', 3);
    await second.drained(5_000);
    expect(by).toEqual(['first', 'first', 'second']);
  });
});

function event(subject: string, n: number): NewEvent {
  return { type: 'dev.payday.test', source: '/test', subject, time: 1_700_000_000_000, data: { n } };
}
