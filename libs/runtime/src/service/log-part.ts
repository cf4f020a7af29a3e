import { TOPICS } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import type { ConfigOf, logSection } from '../config/index.js';
import { EventLogTransport } from '../event-log-transport.js';
import type { ServiceParts } from './service.js';

/** Opens the log and waits until it can be reached and has every topic; `/readyz` goes on asking it. */
export async function openServiceLog(
  config: ConfigOf<{ log: typeof logSection }>['log'],
  { clock, readiness, waitFor }: ServiceParts,
): Promise<EventLog> {
  const log = await waitFor('event log', () => openEventLog(config.url, { clock }));
  await waitFor('topics', async () => {
    for (const topic of Object.values(TOPICS)) await log.partitions(topic);
  });
  readiness.register('event log', async () => {
    await log.endPositions(TOPICS.gameEvents);
  });
  return log;
}

export interface GameEvents {
  strategy: EventLogTransport;
  /** Resolves when everything that was in the log at the start has been handled. */
  caughtUp: Promise<void>;
}

/** Delivers game events to the `@OnGameEvent` handlers of an app; not ready before it has caught up. */
export function gameEventsOf(log: EventLog, { logger, readiness }: ServiceParts): GameEvents {
  let done!: () => void;
  const caughtUp = new Promise<void>((resolve) => (done = resolve));
  readiness.register('game events', () => {
    throw new Error('the game events of the past are still being read');
  });
  const strategy = new EventLogTransport({
    log,
    topic: TOPICS.gameEvents,
    deadLetterTopic: TOPICS.deadLetters,
    logger,
    onCaughtUp: () => {
      readiness.register('game events', () => undefined);
      done();
    },
  });
  return { strategy, caughtUp };
}
