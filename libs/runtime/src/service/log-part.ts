import type { INestApplication } from '@nestjs/common';
import { TOPICS } from '#contracts';
import { openEventLog, type EventLog, type OpenEventLogOptions } from '#event-log';
import type { ConfigOf, logSection } from '../config/index.js';
import { EventLogTransport } from '../event-log-transport.js';
import type { ServiceParts } from './service.js';

type LogConfig = ConfigOf<{ log: typeof logSection }>['log'];

/** Opens the configured log with the configured credentials. @throws as `openEventLog` */
export function openConfiguredLog(
  config: LogConfig,
  options: Omit<OpenEventLogOptions, 'kafka'>,
): Promise<EventLog> {
  const {
    kafkaUsername: username,
    kafkaPassword: password,
    kafkaCa: ca,
    kafkaCert: cert,
    kafkaKey: key,
  } = config;
  return openEventLog(config.url, { ...options, kafka: { username, password, ca, cert, key } });
}

/**
 * Opens the log and waits until it is reachable and has every topic; `/readyz` keeps checking it afterwards.
 * @param options `leases` for services that share partitions, as in `openEventLog`
 */
export async function openServiceLog(
  config: LogConfig,
  { clock, readiness, waitFor }: ServiceParts,
  options: Pick<OpenEventLogOptions, 'leases'> = {},
): Promise<EventLog> {
  const log = await waitFor('event log', () => openConfiguredLog(config, { clock, ...options }));
  await waitFor('topics', async () => {
    for (const topic of Object.values(TOPICS)) await log.partitions(topic);
  });
  readiness.register('event log', async () => {
    await log.endPositions(TOPICS.gameEvents);
  });
  return log;
}

/**
 * Delivers game events to the `@OnGameEvent` handlers of an app once its microservices are started; `/readyz` says so until they
 * have caught up.
 * @returns resolves when everything that was in the log at the start has been handled
 */
export function connectGameEvents(
  app: INestApplication,
  log: EventLog,
  { logger, readiness }: ServiceParts,
): Promise<void> {
  readiness.register('game events', () => {
    throw new Error('past game events are still being read');
  });
  return new Promise((resolve) => {
    const strategy = new EventLogTransport({
      log,
      topic: TOPICS.gameEvents,
      deadLetterTopic: TOPICS.deadLetters,
      logger,
      onCaughtUp: () => {
        readiness.register('game events', () => undefined);
        resolve();
      },
    });
    app.connectMicroservice({ strategy }, { inheritAppConfig: false });
  });
}
