import { decodeCloudEvent, type GameEvent } from '#contracts';
import { openDatabase } from '#persistence';
import { ManualClock, startTestPostgres, type TestPostgres } from '#testing';
import { DataSource } from 'typeorm';
import { MemoryChaosStore } from './conformance/memory-store.js';
import { describeChaosStore } from './conformance/store-suite.js';
import { Chaos1700000100000 } from './migrations/1700000100000-chaos.js';
import { PostgresChaosStore } from './postgres-store.js';

describe('chaos stores', () => {
  describeChaosStore('memory', async () => {
    const store = new MemoryChaosStore();
    return { store, reopen: () => store, published: async () => store.events };
  });

  describe('in PostgreSQL', () => {
    let postgres: TestPostgres;
    let dataSource: DataSource;

    beforeAll(async () => {
      postgres = await startTestPostgres();
      dataSource = await openDatabase(postgres.databaseUrl, { migrate: true });
      const runner = dataSource.createQueryRunner();
      await new Chaos1700000100000().up(runner);
      await runner.release();
    }, 60_000);
    afterAll(async () => {
      await dataSource?.destroy();
      await postgres?.stop();
    });

    const clock = new ManualClock();
    const open = (): PostgresChaosStore => {
      clock.advance(1);
      return new PostgresChaosStore(dataSource, clock);
    };
    describeChaosStore('postgres', async () => ({
      store: open(),
      reopen: open,
      published: () => outbox(dataSource),
    }));

    it('takes its tables away again', async () => {
      const runner = dataSource.createQueryRunner();
      const tables = () =>
        runner.query(`SELECT tablename FROM pg_tables WHERE tablename IN ('fault', 'timeline_done')`);
      expect(await tables()).toHaveLength(2);
      await new Chaos1700000100000().down(runner);
      expect(await tables()).toHaveLength(0);
      await new Chaos1700000100000().up(runner);
      await runner.release();
    });
  });
});

async function outbox(dataSource: DataSource): Promise<GameEvent[]> {
  const rows = await dataSource.query<{ key: string; value: Buffer; headers: Record<string, string> }[]>(
    `SELECT key, value, headers FROM outbox WHERE topic = 'payday.game-events' ORDER BY id`,
  );
  return rows.map((row) => decodeCloudEvent(row) as GameEvent);
}
