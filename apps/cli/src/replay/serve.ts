import { Registry } from 'prom-client';
import { TOPICS } from '#contracts';
import type { EventLog } from '#event-log';
import type { Clock } from '#kernel';
import {
  EventLogTransport,
  assertPortFree,
  createHttpApp,
  createLogger,
  listen,
  serveWebPages,
} from '#runtime';
import { ScoreFeed } from '../../../broadcaster/src/index.js';
import { ReplayModule } from './replay-module.js';
import type { ScoreHistory } from './score-history.js';

/**
 * Serves the page and the broadcaster on a log.
 * @throws PaydayError `port_taken`, `address_unusable`, `web_not_built`
 */
export async function serveReplay(options: {
  log: EventLog;
  history: ScoreHistory;
  clock: Clock;
  host: string;
  port: number;
}): Promise<{ close(): Promise<void> }> {
  const { log, history, clock, host, port } = options;
  await assertPortFree(host, port);
  const logger = createLogger({ service: 'payday-replay', level: 'warn' });
  const module = ReplayModule.register({ clock, logger, metrics: new Registry(), eventLog: log }, history);
  const app = await createHttpApp(module, logger);
  try {
    await serveWebPages(app);
    const strategy = new EventLogTransport({
      log,
      topic: TOPICS.gameEvents,
      deadLetterTopic: TOPICS.deadLetters,
      logger,
      onCaughtUp: () => app.get(ScoreFeed).gameEventsCaughtUp(),
    });
    app.connectMicroservice({ strategy }, { inheritAppConfig: false });
    await app.startAllMicroservices();
    await listen(app, host, port);
  } catch (error) {
    await app.close();
    throw error;
  }
  return { close: () => app.close() };
}
