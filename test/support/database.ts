import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { openDatabase, startEmbeddedPostgres } from '#persistence';
import { ROOT, type GameFolder } from './game-process.js';

/** Salaries by team id, added up from the ledger that an ended launcher left in its folder. */
export async function storedSalaries(folder: GameFolder): Promise<Map<string, number>> {
  return withStoredDatabase(folder, async (dataSource) => {
    const rows = await dataSource.query<{ team: string; cents: number }[]>(
      'SELECT team_id AS team, sum(cents)::int8 AS cents FROM ledger GROUP BY team_id',
    );
    return new Map(rows.map(({ team, cents }) => [team, cents]));
  });
}

/** Starts PostgreSQL on the folder of a launcher that is gone. */
async function withStoredDatabase<T>(
  folder: GameFolder,
  use: (database: DataSource) => Promise<T>,
): Promise<T> {
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder.data, 'postgres'),
    guardianFile: join(ROOT, 'dist/libs/persistence/src/embedded/guardian.js'),
  });
  try {
    const dataSource = await openDatabase(postgres.databaseUrl, { migrate: false });
    try {
      return await use(dataSource);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await postgres.stop();
  }
}
