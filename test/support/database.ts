import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DataSource, openDatabase, startEmbeddedPostgres, TokenStore } from '#persistence';
import { systemClock } from '#runtime';
import { ROOT, type GameFolder } from './game-process.js';

/** Salaries by team id, summed from the ledger in the folder of an ended launcher. */
export async function storedSalaries(folder: GameFolder): Promise<Map<string, number>> {
  return withStoredDatabase(folder, async (dataSource) => {
    const rows = await dataSource.query<{ team: string; cents: number }[]>(
      'SELECT team_id AS team, sum(cents)::int8 AS cents FROM ledger GROUP BY team_id',
    );
    return new Map(rows.map(({ team, cents }) => [team, cents]));
  });
}

/** Starts PostgreSQL on the folder of an ended launcher. */
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

/** Creates a prober token in the database of a running launcher. */
export async function createProberToken(folder: GameFolder, gameId: string): Promise<string> {
  const postgres = join(folder.data, 'postgres');
  const password = readFileSync(join(postgres, 'password'), 'utf8').trim();
  const port = readFileSync(join(postgres, 'cluster/postmaster.pid'), 'utf8').split('\n')[3];
  const dataSource = await openDatabase(`postgres://payday:${password}@127.0.0.1:${port}/payday`, {
    migrate: false,
  });
  try {
    const { secret } = await new TokenStore(dataSource, systemClock).create({
      role: 'prober',
      gameId,
      label: 'witness',
    });
    return secret;
  } finally {
    await dataSource.destroy();
  }
}
