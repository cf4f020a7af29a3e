import { TOPICS } from '#contracts';
import type { EventLog } from '#event-log';
import { PaydayError } from '#kernel';
import { type DataSource, type EmbeddedPostgres, openDatabase, startEmbeddedPostgres } from '#persistence';
import { openConfiguredLog, systemClock, type Logger } from '#runtime';
import type { DataFolder } from './data-folder.js';
import type { LaunchOptions } from './launch-options.js';
import { topicSpecs } from './topic-specs.js';

/** The engines of one installation. */
export interface Engines {
  log: EventLog;
  /** Of the event log, for other processes. */
  logUrl: string;
  dataSource: DataSource;
  databaseUrl: string;
  close(): Promise<void>;
}

/**
 * Opens the log and the database, starting PostgreSQL unless there is one, and makes topics and schema.
 * @throws PaydayError as `startEmbeddedPostgres`, `openDatabase`, `openEventLog` and `createTopics`
 */
export async function openEngines(
  folder: DataFolder,
  options: Pick<LaunchOptions, 'log' | 'databaseUrl' | 'partitions'>,
  logger: Logger,
): Promise<Engines> {
  const { partitions } = options;
  const { url: logUrl = `lmdb:${folder.logDir}` } = options.log;
  const postgres: EmbeddedPostgres | null =
    options.databaseUrl === undefined
      ? await startEmbeddedPostgres({ dataDir: folder.postgresDir, log: (line) => logger.info(line) })
      : null;
  const databaseUrl = options.databaseUrl ?? postgres!.databaseUrl;
  let log: EventLog | undefined;
  let dataSource: DataSource | undefined;
  const close = async (): Promise<void> => {
    await log?.close();
    await dataSource?.destroy();
    await postgres?.stop();
  };
  try {
    log = await openConfiguredLog({ ...options.log, url: logUrl } as Required<LaunchOptions['log']>, {
      clock: systemClock,
    });
    await log.createTopics(topicSpecs((await existingPartitions(log)) ?? partitions));
    dataSource = await openDatabase(databaseUrl, { migrate: true });
    return { log, logUrl, dataSource, databaseUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The partitions of results that exist already: their number never changes. */
async function existingPartitions(log: EventLog): Promise<number | null> {
  try {
    return await log.partitions(TOPICS.probeResults);
  } catch (error) {
    if (error instanceof PaydayError && error.code === 'unknown_topic') return null;
    throw error;
  }
}
