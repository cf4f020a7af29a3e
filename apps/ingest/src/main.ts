/** Takes results as a process of its own: `PAYDAY_LOG_URL=… DATABASE_URL=… node main.js`; see config.ts for all variables. */
import { openEventLog } from '#event-log';
import { messageOf } from '#kernel';
import { openDatabase } from '#persistence';
import { createLogger, exitWithParent, systemClock as clock } from '#runtime';
import { ingestConfigFrom } from './config.js';
import { startIngest } from './start-ingest.js';

async function main(): Promise<void> {
  const config = ingestConfigFrom(process.env);
  const logger = createLogger({ service: 'ingest', level: config.logLevel });
  const log = await openEventLog(config.logUrl, { clock });
  const dataSource = await openDatabase(config.databaseUrl);
  const app = await startIngest(config, { log, dataSource, clock, logger });
  const stop = async (): Promise<void> => {
    await app.close();
    await log.close();
    await dataSource.destroy();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  // Ctrl-C reaches the whole process group: with a parent, the parent decides when we stop.
  process.on('SIGINT', () => (process.channel === undefined ? void stop() : undefined));
}

exitWithParent();
main().catch((error: unknown) => {
  createLogger({ service: 'ingest' }).fatal({ err: error }, messageOf(error));
  process.exit(1);
});
