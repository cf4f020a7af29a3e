import { PaydayError } from '#kernel';
import type { DataSource } from 'typeorm';
import { openDatabase, type OpenDatabaseOptions } from './database.js';

/** So long for the server to be reached in one attempt: who waits longer tries again, and says so meanwhile. */
const ATTEMPT_MS = 2_000;

/**
 * Connects to a database that somebody else has migrated (`payday migrate`).
 * @throws PaydayError as `openDatabase`, and `schema_outdated`
 */
export async function openMigratedDatabase(
  url: string,
  options: Omit<OpenDatabaseOptions, 'migrate'> = {},
): Promise<DataSource> {
  const dataSource = await openDatabase(url, { reachableWithinMs: ATTEMPT_MS, ...options });
  try {
    await assertMigrated(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/**
 * Whether the database can be reached and holds every migration that this connection was opened with. A newer schema is
 * fine: while services are replaced one by one, old ones still run on it.
 * @throws PaydayError `schema_outdated`; what the driver throws if it can't be reached
 */
export async function assertMigrated(dataSource: DataSource): Promise<void> {
  const [table] = await dataSource.query<{ there: boolean }[]>(
    `SELECT to_regclass('schema_migration') IS NOT NULL AS there`,
  );
  const rows = table!.there
    ? await dataSource.query<{ name: string }[]>('SELECT name FROM schema_migration')
    : [];
  const done = new Set(rows.map(({ name }) => name));
  const missing = dataSource.migrations.map(({ name }) => name!).filter((name) => !done.has(name));
  if (missing.length > 0)
    throw new PaydayError(
      'schema_outdated',
      `the database's schema lacks ${missing.join(', ')}: run payday migrate`,
      { details: { missing } },
    );
}
