import type { DataSource } from 'typeorm';
import { Registry } from 'prom-client';
import { TOPICS } from '#contracts';
import type { EventLog } from '#event-log';
import type { Clock } from '#kernel';
import { TokenStore } from '#persistence';
import { EventLogTransport, RuntimeModule, createHttpApp, type Logger } from '#runtime';
import { IngestModule } from './ingest.module.js';

class IngestProcess {}

/** Starts the door for results. Resolves when it listens, which is when the game events so far are known to it. */
export async function startIngest(
  at: { host: string; port: number },
  parts: { log: EventLog; dataSource: DataSource; clock: Clock; logger: Logger },
): Promise<{ close(): Promise<void> }> {
  const { log, dataSource, clock, logger } = parts;
  const runtime = RuntimeModule.register({
    clock,
    logger,
    metrics: new Registry(),
    eventLog: log,
    dataSource,
    tokenVerifier: new TokenStore(dataSource, clock),
  });
  const app = await createHttpApp({ module: IngestProcess, imports: [runtime, IngestModule] }, logger);
  let caughtUp!: () => void;
  const eventsCaughtUp = new Promise<void>((resolve) => (caughtUp = resolve));
  const strategy = new EventLogTransport({
    log,
    topic: TOPICS.gameEvents,
    deadLetterTopic: TOPICS.deadLetters,
    logger,
    onCaughtUp: () => caughtUp(),
  });
  app.connectMicroservice({ strategy }, { inheritAppConfig: false });
  await app.startAllMicroservices();
  // Before that, results of a game that began long ago would be refused as unknown.
  await eventsCaughtUp;
  await app.listen(at.port, at.host);
  logger.info(at, 'taking results');
  return app;
}
