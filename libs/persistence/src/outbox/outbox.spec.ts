import { startTestPostgres, type TestPostgres } from '#testing';
import type { DataSource } from 'typeorm';
import { openDatabase } from '../database.js';
import { insertIntoOutbox, type NewEvent } from './outbox.js';
import { OutboxRelay, type OutboxRecord } from './outbox-relay.js';

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

  it('publishes in order, numbered without gaps per subject, until it is empty', async () => {
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

  it('publishes nothing from a transaction that was rolled back', async () => {
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

  it('retries records that the log did not accept, in the same order', async () => {
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

  it('refuses an event that no log accepts, because it would block all later events', async () => {
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

  it('has one active relay at a time; another takes over when it ends', async () => {
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
