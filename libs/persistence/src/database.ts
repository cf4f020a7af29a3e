import { setTimeout as sleep } from 'node:timers/promises';
import { PaydayError, messageOf } from '#kernel';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { ADVISORY_LOCKS } from './advisory-locks.js';
import { ENTITIES } from './entities.js';
import { MIGRATIONS } from './migrations/index.js';

export interface OpenDatabaseOptions {
  /** Migrate the schema first. Default false: another process does it. */
  migrate?: boolean;
  /** How long to wait for the server to become reachable. Default 30 000. */
  reachableWithinMs?: number;
  /** Connections in the pool. Default 10. */
  poolSize?: number;
}

/**
 * Connects to PostgreSQL, waiting for a bounded time until it is reachable.
 * @throws PaydayError `invalid_database_url`; `database_unavailable` (retryable) if the server is not reachable in time;
 * `database_refused` if it rejects the connection (password, missing database); `migration_failed`.
 */
export async function openDatabase(url: string, options: OpenDatabaseOptions = {}): Promise<DataSource> {
  await reachable(url, options.reachableWithinMs ?? 30_000);
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: ENTITIES,
    migrations: MIGRATIONS,
    migrationsTableName: 'schema_migration',
    migrationsTransactionMode: 'all',
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    synchronize: false,
    logging: false,
    applicationName: 'payday',
    poolErrorHandler: () => undefined, // The pool replaces a lost idle connection at the next use.
    extra: { max: options.poolSize ?? 10, types: CHECKED_TYPES, connectionTimeoutMillis: 10_000 },
  });
  await dataSource.initialize();
  if (options.migrate === true) {
    try {
      await migrateAlone(dataSource);
    } catch (cause) {
      await dataSource.destroy();
      throw new PaydayError('migration_failed', `the schema could not be updated: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
  return dataSource;
}

/**
 * For connections that hold a lock: PostgreSQL then detects within about 15 s that the client has vanished, and releases the
 * lock. With the default settings that takes hours.
 */
export const FIND_DEAD_PEERS =
  'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2';

/** A connection outside the pool with the same settings, for LISTEN and for prepared statements. Not connected yet. */
export function dedicatedClient(
  dataSource: DataSource,
  applicationName: string,
  connectWithinMs = 10_000,
): pg.Client {
  const { url } = dataSource.options as { url?: string };
  const client = new pg.Client({
    connectionString: url,
    types: CHECKED_TYPES,
    application_name: applicationName,
    connectionTimeoutMillis: connectWithinMs,
    keepAlive: true,
  });
  client.on('error', () => undefined); // The next query reports the error; without a listener the process would exit.
  return client;
}

/**
 * `int8` as a JavaScript number.
 * @throws PaydayError `unsafe_integer` beyond ±(2^53 − 1), because a rounded salary would be worse than none.
 */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new PaydayError(
      'unsafe_integer',
      `the database contains ${text}, which JavaScript cannot represent exactly`,
    );
  return value;
}

const INT8 = pg.types.builtins.INT8;

const CHECKED_TYPES = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary'
      ? parseInt8
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** Serializes migrations with an advisory lock, because several services may boot at the same time. */
async function migrateAlone(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCKS.migration]);
    await dataSource.runMigrations();
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCKS.migration]).catch(() => undefined);
    await runner.release();
  }
}

const STARTING_UP = '57P03';

/** Error messages never contain the URL, because it may contain a password. */
function clientFor(url: string): pg.Client {
  try {
    if (/^postgres(ql)?:/.test(url))
      return new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  } catch {
    // Reported below.
  }
  throw new PaydayError(
    'invalid_database_url',
    'DATABASE_URL (not shown here) is not a PostgreSQL URL; use postgres://user:password@host:5432/database, with %23 for #, %2F for /, %3F for ? and %40 for @ in a password',
  );
}

async function reachable(url: string, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const client = clientFor(url);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (cause) {
      await client.end().catch(() => undefined);
      const code = (cause as { code?: string }).code ?? '';
      // An SQLSTATE means that a server answered; only "starting up" is worth a retry.
      if (/^[0-9A-Z]{5}$/.test(code) && code !== STARTING_UP && !code.startsWith('E'))
        throw new PaydayError('database_refused', `PostgreSQL refused the connection: ${messageOf(cause)}`, {
          cause,
        });
      if (performance.now() > deadline)
        throw new PaydayError(
          'database_unavailable',
          `PostgreSQL could not be reached within ${withinMs} ms (${messageOf(cause) || code}); check DATABASE_URL`,
          { retryable: true, cause },
        );
      await sleep(50);
    }
  }
}
