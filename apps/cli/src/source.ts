import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openEventLog, type EventLog } from '#event-log';
import { PaydayError } from '#kernel';
import { logSection, openConfiguredLog, readConfig, systemClock } from '#runtime';
import {
  type DataSource,
  type GameEntity,
  GameStore,
  openDatabase,
  openEmbeddedPostgres,
} from '#persistence';

/** Where games were recorded, as given on the command line. */
export interface SourceOptions {
  data: string;
  log?: string;
  database?: string;
  game?: string;
}

/** An open recording. Read-only. */
export interface Source {
  log: EventLog;
  dataSource: DataSource;
  games: GameStore;
  /** Closes the database; the log stays open. */
  releaseDatabase(): Promise<void>;
  close(): Promise<void>;
}

/** One connection streams while another serves lookups. */
const POOL_SIZE = 3;

/** @param logOption for a command whose `--log` has another meaning as well */
export function addSourceOptions(
  command: Command,
  logOption = {
    flags: '--log <url>',
    description: 'event log of an installation without data folder; goes with --database',
  },
): Command {
  return command
    .option('--data <dir>', 'the data folder of npm start', '.payday')
    .option(logOption.flags, logOption.description)
    .option('--database <url>', 'PostgreSQL of an installation without data folder; goes with --log')
    .option('--game <id>', 'the game; default: the newest');
}

/**
 * Opens the data folder, or the log and the database given by options, or a given log with the database of the data folder.
 * @throws PaydayError `invalid_option`, `no_database`, and those of `openEventLog` and `openDatabase`
 */
export async function openSource(options: SourceOptions): Promise<Source> {
  const { log: logUrl, database } = options;
  const folder = resolve(options.data);
  const logFolder = join(folder, 'log');
  // `payday up --log` keeps its own database in the data folder.
  const hasDatabase = existsSync(join(folder, 'postgres'));
  if (logUrl === undefined ? database !== undefined : database === undefined && !hasDatabase)
    throw new PaydayError('invalid_option', '--log and --database go together: give both, or --data');
  if (logUrl !== undefined && database !== undefined) return open(logUrl, database, async () => {});
  if (logUrl === undefined && !existsSync(logFolder))
    throw new PaydayError(
      'no_database',
      `there is no recorded game in ${folder}; give the folder with --data`,
    );
  const postgres = await openEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  try {
    return await open(logUrl ?? `lmdb:${logFolder}`, postgres.databaseUrl, () => postgres.close());
  } catch (error) {
    await postgres.close();
    throw error;
  }
}

/**
 * Opens only the database, runs `use`, and always closes it.
 * @throws PaydayError `no_database`, and those of `openDatabase`
 */
export async function withDatabase<T>(
  options: Pick<SourceOptions, 'data' | 'database'>,
  use: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const postgresDir = join(resolve(options.data), 'postgres');
  if (options.database === undefined && !existsSync(postgresDir))
    throw new PaydayError(
      'no_database',
      `there is no recorded game in ${resolve(options.data)}; give the folder with --data, or the database with --database`,
    );
  const postgres =
    options.database === undefined ? await openEmbeddedPostgres({ dataDir: postgresDir }) : null;
  try {
    const dataSource = await openDatabase(options.database ?? postgres!.databaseUrl, { poolSize: POOL_SIZE });
    try {
      return await use(dataSource);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await postgres?.close();
  }
}

/** Kafka credentials do not go into a URL: they come from the same variables as for the services. */
function openLog(url: string): Promise<EventLog> {
  if (!url.startsWith('kafka:')) return openEventLog(url);
  const { log } = readConfig({ log: logSection }, { flags: ['--log', url], env: process.env });
  return openConfiguredLog(log, { clock: systemClock });
}

async function open(logUrl: string, databaseUrl: string, closeServer: () => Promise<void>): Promise<Source> {
  const log = await openLog(logUrl);
  try {
    const dataSource = await openDatabase(databaseUrl, { poolSize: POOL_SIZE });
    const releaseDatabase = async (): Promise<void> => {
      if (!dataSource.isInitialized) return;
      await dataSource.destroy();
      await closeServer();
    };
    const close = async (): Promise<void> => {
      await log.close();
      await releaseDatabase();
    };
    return { log, dataSource, games: new GameStore(dataSource), releaseDatabase, close };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** @throws PaydayError `no_game`, `unknown_game` */
export async function findGame(source: Source, gameId: string | undefined): Promise<GameEntity> {
  if (gameId === undefined) {
    const newest = await source.games.current();
    if (newest) return newest;
    throw new PaydayError('no_game', 'no game was recorded there yet');
  }
  const game = await source.games.find(gameId);
  if (game) return game;
  const known = (await source.games.list()).map(({ id }) => id).slice(0, 10);
  throw new PaydayError(
    'unknown_game',
    `there is no game "${gameId}"; the newest are: ${known.join(', ') || '(none)'}`,
  );
}

/** Opens, runs `use`, and always closes. */
export async function withSource<T>(
  options: SourceOptions,
  use: (source: Source, game: GameEntity) => Promise<T>,
): Promise<T> {
  const source = await openSource(options);
  try {
    return await use(source, await findGame(source, options.game));
  } finally {
    await source.close();
  }
}
