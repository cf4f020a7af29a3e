import { TOPICS, decodeCloudEvent } from '#contracts';
import { PoisonRecordError, type Consumer, type EventLog, type StoredRecord } from '#event-log';
import { PaydayError } from '#kernel';
import type { GameWatcher } from './game-watcher.js';

/**
 * Passes every game event to the watcher, from the earliest on and then as they arrive. Resolves when everything that was
 * in the log at the start has been passed on. An unreadable or inconsistent event goes to the dead letters.
 * @throws PaydayError `unknown_topic` if the log has no game events.
 */
export async function watchGameEvents(
  log: EventLog,
  watcher: GameWatcher,
  onError: (error: unknown) => void,
): Promise<Consumer> {
  const consumer = log.consume({
    topic: TOPICS.gameEvents,
    startAt: () => 'earliest',
    deadLetterTopic: TOPICS.deadLetters,
    onError,
    onBatch: async ({ records }) => {
      for (const record of records) take(watcher, record);
    },
  });
  await consumer.caughtUp();
  return consumer;
}

function take(watcher: GameWatcher, record: StoredRecord): void {
  try {
    watcher.handle(decodeCloudEvent(record));
  } catch (error) {
    if (error instanceof PaydayError) throw new PoisonRecordError(record, error.message, { cause: error });
    throw error;
  }
}
