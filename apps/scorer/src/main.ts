/** Scores as a process of its own: `PAYDAY_LOG_URL=… DATABASE_URL=… node main.js`; see config.ts for all variables. */
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { openEventLog } from '#event-log';
import { messageOf } from '#kernel';
import { openDatabase } from '#persistence';
import { RuntimeModule, createLogger, exitWithParent, nestLogger, systemClock } from '#runtime';
import { scorerConfigFrom } from './config.js';
import { ScorerModule } from './scorer.module.js';

class ScorerProcess {}

async function main(): Promise<void> {
  const config = scorerConfigFrom(process.env);
  const logger = createLogger({ service: 'scorer', level: config.logLevel });
  const eventLog = await openEventLog(config.logUrl, { clock: systemClock });
  const dataSource = await openDatabase(config.databaseUrl, { poolSize: 2 });
  const parts = { clock: systemClock, logger, metrics: new Registry(), eventLog, dataSource };
  const imports = [RuntimeModule.register(parts), ScorerModule];
  const app = await NestFactory.createApplicationContext(
    { module: ScorerProcess, imports },
    { logger: nestLogger(logger), abortOnError: false },
  );
  const stop = async (): Promise<void> => {
    await app.close();
    await eventLog.close();
    await dataSource.destroy();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  // Ctrl-C reaches the whole process group: with a parent, the parent decides when we stop.
  process.on('SIGINT', () => (process.channel === undefined ? void stop() : undefined));
}

exitWithParent();
main().catch((error: unknown) => {
  createLogger({ service: 'scorer' }).fatal({ err: error }, messageOf(error));
  process.exit(1);
});
