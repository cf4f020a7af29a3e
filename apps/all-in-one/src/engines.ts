import { TOPICS } from '#contracts';
import type { EventLog } from '#event-log';
import { PaydayError } from '#kernel';
import { type DataSource, type EmbeddedPostgres, openDatabase, startEmbeddedPostgres } from '#persistence';
import type { Logger } from '#runtime';
import type { DataFolder } from './data-folder.js';
import { topicSpecs } from './topic-specs.js';

/** The engines of one installation. */
export interface Engines {
  log: EventLog;
  dataSource: DataSource;
  databaseUrl: string;
  /** Null where the database is somebody else's. */
  postgres: EmbeddedPostgres | null;
  close(): Promise<void>;
}

export interface EngineOptions {
  logger: Logger;
  openLog(): Promise<EventLog>;
  /** Of results and scores, if they are made now. */
  partitions: number;
  /** Default: an embedded PostgreSQL in the folder. */
  databaseUrl?: string | undefined;
}

/**
 * Opens the log and the database, starting PostgreSQL unless there is one, and makes topics and schema.
 * @throws PaydayError as `startEmbeddedPostgres`, `openDatabase`, `openEventLog` and `createTopics`
 */
export async function startEngines(folder: DataFolder, options: EngineOptions): Promise<Engines> {
  const { logger, partitions } = options;
  const postgres =
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
    log = await options.openLog();
    await log.createTopics(topicSpecs((await existingPartitions(log)) ?? partitions));
    dataSource = await openDatabase(databaseUrl, { migrate: true });
    return { log, dataSource, databaseUrl, postgres, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Of results that are there already: their number is fixed for ever. */
async function existingPartitions(log: EventLog): Promise<number | null> {
  try {
    return await log.partitions(TOPICS.probeResults);
  } catch (error) {
    if (error instanceof PaydayError && error.code === 'unknown_topic') return null;
    throw error;
  }
}
