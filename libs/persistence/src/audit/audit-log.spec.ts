import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { startTestPostgres, type TestPostgres } from '#testing';
import { verifyAuditChain } from './audit-chain.js';
import type { AuditEntry } from './audit-entry.js';
import { appendAudit, readAudit, streamAudit } from './audit-log.js';
import { canonicalJson } from './canonical-json.js';
import { openDatabase } from '../database.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';

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

const BOSS = { tokenId: 't1', role: 'facilitator', label: 'boss' } as const;

const append = (action: string, details?: Record<string, unknown>, game = 'g'): Promise<AuditEntry> =>
  database.transaction((manager) =>
    appendAudit(manager, { at: 1_763_900_000_000, actor: BOSS, action, subject: { game }, details }),
  );

/** Changes a row as a database superuser could, and reverts the change afterwards. */
async function tampered(change: string, check: () => Promise<void>): Promise<void> {
  const runner = database.createQueryRunner();
  await runner.query('ALTER TABLE audit_log DISABLE TRIGGER ALL');
  await runner.query('CREATE TABLE true_log AS SELECT * FROM audit_log');
  try {
    await runner.query(change);
    await check();
  } finally {
    await runner.query('DELETE FROM audit_log');
    await runner.query('INSERT INTO audit_log SELECT * FROM true_log');
    await runner.query('DROP TABLE true_log');
    await runner.query('ALTER TABLE audit_log ENABLE TRIGGER ALL');
    await runner.release();
  }
}

test('an empty log is intact', async () => {
  expect(await verifyAuditChain(database)).toEqual({ intact: true, entries: 0, head: null, broken: null });
});

test('the audit log does not wait for the outbox relay, which holds its lock permanently', async () => {
  const relay = new OutboxRelay(database, { append: async () => undefined });
  relay.start();
  await relay.drained(5_000);
  const wrote = database.transaction(async (manager) => {
    await manager.query(`SET LOCAL lock_timeout = '2s'`);
    await appendAudit(manager, { at: 1, actor: BOSS, action: 'x', subject: {} });
    throw new Error('rolled back');
  });
  await expect(wrote).rejects.toThrow('rolled back');
  await relay.stop();
});

test('entries are numbered, chained and read back, newest first and by game', async () => {
  const first = await append('game.created', { name: 'Übung 🦄', cents: -5, nothing: undefined });
  const second = await append('game.paused', {}, 'other');
  expect(first).toMatchObject({ seq: 1, prevHash: '0'.repeat(64), details: { name: 'Übung 🦄', cents: -5 } });
  expect(second).toMatchObject({ seq: 2, prevHash: first.hash });
  expect(await readAudit(database, { limit: 10 })).toEqual([second, first]);
  expect(await readAudit(database, { limit: 10, gameId: 'g' })).toEqual([first]);
  expect(await readAudit(database, { limit: 10, beforeSeq: 2 })).toEqual([first]);
  expect(await verifyAuditChain(database)).toMatchObject({
    intact: true,
    head: { seq: 2, hash: second.hash },
  });
});

test.each(['UPDATE audit_log SET at = 1', 'DELETE FROM audit_log', 'TRUNCATE audit_log'])(
  'the database refuses: %s',
  async (sql) => {
    await expect(database.query(sql)).rejects.toThrow('audit_log is append-only');
  },
);

test('a rollback leaves neither an entry nor a gap', async () => {
  const before = (await verifyAuditChain(database)).entries;
  const work = database.transaction(async (manager) => {
    await appendAudit(manager, { at: 1, actor: BOSS, action: 'x', subject: {} });
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  await append('after');
  expect(await verifyAuditChain(database)).toMatchObject({ intact: true, entries: before + 1 });
});

test('forty concurrent writers produce one order without gaps', async () => {
  const before = (await verifyAuditChain(database)).entries;
  await Promise.all(Array.from({ length: 40 }, (_, i) => append('crowd', { i })));
  expect(await verifyAuditChain(database)).toMatchObject({ intact: true, entries: before + 40 });
});

test('secrets are masked, and characters that jsonb cannot store are replaced', async () => {
  const secret = `pd_${'a'.repeat(43)}`;
  const { details } = await append('x', { note: `it is ${secret}!`, nul: 'a\0b', half: '\ud800' });
  expect(details).toEqual({ note: 'it is pd_…!', nul: 'a\uFFFDb', half: '\uFFFD' });
  const raw = await database.query<{ row: string }[]>('SELECT l::text AS row FROM audit_log l');
  expect(JSON.stringify(raw)).not.toContain(secret);
  await expect(append('x', { n: Number.NaN })).rejects.toMatchObject({ code: 'not_json' });
});

test('any JSON has the same hash after it is read back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), async (details) => {
      await append('any', details);
    }),
    { numRuns: 40 },
  );
  expect(await verifyAuditChain(database)).toMatchObject({ intact: true });
});

describe('the verifier names the first entry that breaks the chain', () => {
  test.each([
    ['a changed detail', `UPDATE audit_log SET details = '{"cents": 5}' WHERE seq = 2`, 2, 'hash'],
    ['another actor', `UPDATE audit_log SET actor = actor || '{"label":"me"}' WHERE seq = 3`, 3, 'hash'],
    ['a changed time', 'UPDATE audit_log SET at = at + 1 WHERE seq = 1', 1, 'hash'],
    ['an entry taken out', 'DELETE FROM audit_log WHERE seq = 2', 3, 'gap'],
    [
      'an entry taken out and the rest moved up',
      `DELETE FROM audit_log WHERE seq = 2; UPDATE audit_log SET seq = 2 WHERE seq = 3; DELETE FROM audit_log WHERE seq > 3`,
      2,
      'prev_hash',
    ],
  ])('%s', async (_, change, seq, why) => {
    await tampered(change, async () => {
      expect(await verifyAuditChain(database)).toMatchObject({
        intact: false,
        entries: why === 'gap' ? seq - 2 : seq - 1,
        broken: { seq, why, detail: expect.any(String) as string },
      });
    });
    expect((await verifyAuditChain(database)).intact).toBe(true);
  });
});

test('more than a thousand entries are streamed in order', async () => {
  const before = (await verifyAuditChain(database)).entries;
  await database.transaction(async (manager) => {
    for (let i = 0; i < 1100; i++)
      await appendAudit(manager, { at: i, actor: BOSS, action: 'many', subject: { game: 'many' } });
  });
  const seqs: number[] = [];
  for await (const { seq } of streamAudit(database, { gameId: 'many' })) seqs.push(seq);
  expect(seqs).toEqual(Array.from({ length: 1100 }, (_, i) => before + 1 + i));
});

test('canonical JSON follows RFC 8785', () => {
  const value = { b: [1e21, -0, 0.1, 1e-7], a: { '\u20ac': 'é"\n', $: true }, 1: null, gone: undefined };
  expect(canonicalJson(value)).toBe('{"1":null,"a":{"$":true,"\u20ac":"é\\"\\n"},"b":[1e+21,0,0.1,1e-7]}');
});
