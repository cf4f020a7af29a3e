import type { Fault } from '#faults';
import { decodeCloudEvent, type GameEvent } from '#contracts';
import { type DataSource, openDatabase, PostgresChaosStore, streamAudit } from '#persistence';
import { ManualTime, startTestPostgres, type TestPostgres } from '#testing';
import { MemoryChaosStore } from '../testing/memory-store.js';
import { describeChaosStore } from '../conformance/store-suite.js';

describe('chaos stores', () => {
  describeChaosStore('memory', async () => {
    const store = new MemoryChaosStore();
    return {
      store,
      reopen: () => store,
      published: async () => store.events,
      audited: async () => store.audit.map(({ action }) => action),
    };
  });

  describe('in PostgreSQL', () => {
    let postgres: TestPostgres;
    let dataSource: DataSource;

    beforeAll(async () => {
      postgres = await startTestPostgres();
      dataSource = await openDatabase(postgres.databaseUrl, { migrate: true });
    }, 60_000);
    afterAll(async () => {
      await dataSource?.destroy();
      await postgres?.stop();
    });

    const clock = new ManualTime();
    const open = (): PostgresChaosStore<Fault> => {
      clock.advance(1);
      return new PostgresChaosStore(dataSource, clock);
    };
    describeChaosStore('postgres', async () => ({
      store: open(),
      reopen: open,
      published: () => outbox(dataSource),
      audited: () => audited(dataSource),
    }));

    it('drops its tables on rollback', async () => {
      const runner = dataSource.createQueryRunner();
      const tables = () =>
        runner.query(
          `SELECT tablename FROM pg_tables WHERE tablename IN ('fault', 'timeline_done', 'timeline_held', 'chaos_command')`,
        );
      expect(await tables()).toHaveLength(4);
      const migrations = dataSource.migrations.filter(({ name }) => name?.startsWith('Chaos'));
      expect(migrations).toHaveLength(2);
      for (const migration of [...migrations].reverse()) await migration.down(runner);
      expect(await tables()).toHaveLength(0);
      for (const migration of migrations) await migration.up(runner);
      await runner.release();
    });
  });
});

async function audited(dataSource: DataSource): Promise<string[]> {
  const actions: string[] = [];
  for await (const { action } of streamAudit(dataSource)) actions.push(action);
  return actions;
}

async function outbox(dataSource: DataSource): Promise<GameEvent[]> {
  const rows = await dataSource.query<{ key: string; value: Buffer; headers: Record<string, string> }[]>(
    `SELECT key, value, headers FROM outbox WHERE topic = 'payday.game-events' ORDER BY id`,
  );
  return rows.map((row) => decodeCloudEvent(row) as GameEvent);
}
