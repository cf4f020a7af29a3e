import type { DataSource } from 'typeorm';
import { TOPICS } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { openDatabase, startEmbeddedPostgres, type EmbeddedPostgres } from '#persistence';
import { systemClock, type Logger } from '#runtime';
import type { DataFolder } from './data-folder.js';
import { SERVICE_MIGRATIONS } from './schema.js';

/** The embedded engines of one installation. */
export interface Engines {
  log: EventLog;
  logUrl: string;
  dataSource: DataSource;
  postgres: EmbeddedPostgres | null;
  close(): Promise<void>;
}

/** One machine needs one partition: more would only mean more commits. */
const PARTITIONS = 1;

/**
 * Opens the LMDB log and starts PostgreSQL, or uses the one that `DATABASE_URL` names.
 * @throws PaydayError as `startEmbeddedPostgres`, `openDatabase` and `openEventLog`
 */
export async function startEngines(
  folder: DataFolder,
  logger: Logger,
  databaseUrl: string | undefined,
): Promise<Engines> {
  const logUrl = `lmdb:${folder.logDir}`;
  const postgres =
    databaseUrl === undefined
      ? await startEmbeddedPostgres({ dataDir: folder.postgresDir, log: (line) => logger.info(line) })
      : null;
  let log: EventLog | undefined;
  let dataSource: DataSource | undefined;
  const close = async (): Promise<void> => {
    await log?.close();
    await dataSource?.destroy();
    await postgres?.stop();
  };
  try {
    log = await openEventLog(logUrl, { clock: systemClock });
    await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: PARTITIONS })));
    dataSource = await openDatabase(databaseUrl ?? postgres!.databaseUrl, {
      migrate: true,
      migrations: SERVICE_MIGRATIONS,
    });
    return { log, logUrl, dataSource, postgres, close };
  } catch (error) {
    await close();
    throw error;
  }
}
