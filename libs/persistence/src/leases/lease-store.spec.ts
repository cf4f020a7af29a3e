import { setTimeout as sleep } from 'node:timers/promises';
import { describeLeaseStore } from '#event-log/conformance';
import { startTestPostgres, type TestPostgres } from '#testing';
import { openDatabase } from '../database.js';
import { PostgresLeaseStore } from './lease-store.js';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startTestPostgres();
});

afterAll(() => postgres?.stop());

describeLeaseStore('PostgreSQL', async () => {
  const databases = [
    await openDatabase(postgres.databaseUrl, { migrate: true }),
    await openDatabase(postgres.databaseUrl),
  ];
  const [store, other] = databases.map((database) => new PostgresLeaseStore(database));
  return {
    store: store!,
    other: other!,
    pass: (ms) => sleep(ms),
    dispose: async () => {
      await Promise.all([store!.close(), other!.close()]);
      await Promise.all(databases.map((database) => database.destroy()));
    },
  };
});

describe('PostgresLeaseStore', () => {
  const as = (member: string) => ({ topic: 't', group: 'robust', member });

  it('fails one call after a lost connection; the next one works, and notifications arrive again', async () => {
    const database = await openDatabase(postgres.databaseUrl, { migrate: true });
    const store = new PostgresLeaseStore(database);
    await store.acquire(as('a'), { partitions: [0], forMs: 60_000 });
    let changes = 0;
    store.watch('t', 'robust', () => changes++);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'payday-leases'`,
    );
    const renew = () => store.renew(as('a'), { partitions: [0], forMs: 60_000, leaving: false });
    const state = await renew().catch(async (error: unknown) => {
      expect(error).toMatchObject({ code: 'database_unavailable', retryable: true });
      return renew();
    });
    expect(state.leases).toMatchObject([{ partition: 0, owner: 'a' }]);
    await store.release(as('a'), [0]);
    for (let i = 0; changes === 0 && i < 100; i++) await sleep(20);
    expect(changes).toBeGreaterThan(0);
    await store.close();
    await database.destroy();
  });

  it('fails a call within seconds if the server does not respond', async () => {
    const database = await openDatabase(postgres.databaseUrl, { migrate: true });
    const store = new PostgresLeaseStore(database);
    await store.acquire(as('b'), { partitions: [1], forMs: 60_000 });
    const blocker = database.createQueryRunner();
    await blocker.startTransaction();
    await blocker.query('LOCK TABLE partition_lease IN ACCESS EXCLUSIVE MODE');
    await expect(store.acquire(as('b'), { partitions: [1], forMs: 60_000 })).rejects.toMatchObject({
      code: 'database_unavailable',
    });
    await blocker.rollbackTransaction();
    await blocker.release();
    expect(await store.acquire(as('b'), { partitions: [1], forMs: 60_000 })).toEqual([1]);
    await store.close();
    await database.destroy();
  });
});
