import { PaydayError } from '#kernel';
import type { DataSource } from 'typeorm';
import { openDatabase, type OpenDatabaseOptions } from './database.js';

/** Limit of one connection attempt; callers that wait longer retry and report it meanwhile. */
const ATTEMPT_MS = 2_000;

/**
 * Connects to a database that another process has migrated (`payday migrate`).
 * @throws PaydayError those of `openDatabase`, and `schema_outdated`
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
 * Checks that the database is reachable and has every migration that this version knows. A newer schema is fine, because
 * old services keep running on it during a rolling update.
 * @throws PaydayError `schema_outdated`; the driver's error if the database is not reachable
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
