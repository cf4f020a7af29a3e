import { decodeCloudEvent, type GameEvent } from '#contracts';
import { openDatabase, streamAudit } from '#persistence';
import { ManualTime, startTestPostgres, type TestPostgres } from '#testing';
import { DataSource } from 'typeorm';
import { MemoryChaosStore } from '../testing/memory-store.js';
import { describeChaosStore } from '../conformance/store-suite.js';
import { CHAOS_MIGRATIONS } from '../migrations/index.js';
import { PostgresChaosStore } from './postgres-store.js';

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
      await up();
    }, 60_000);
    const up = async (): Promise<void> => {
      const runner = dataSource.createQueryRunner();
      for (const migration of CHAOS_MIGRATIONS) await new migration().up(runner);
      await runner.release();
    };
    afterAll(async () => {
      await dataSource?.destroy();
      await postgres?.stop();
    });

    const clock = new ManualTime();
    const open = (): PostgresChaosStore => {
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
      for (const migration of [...CHAOS_MIGRATIONS].reverse()) await new migration().down(runner);
      expect(await tables()).toHaveLength(0);
      await runner.release();
      await up();
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
