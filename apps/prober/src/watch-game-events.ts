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
  const ends = await log.endPositions(TOPICS.gameEvents);
  const behind = new Set(ends.flatMap((position, partition) => (position === null ? [] : [partition])));
  let caughtUp = (): void => {};
  const done = new Promise<void>((resolve) => (caughtUp = resolve));
  if (behind.size === 0) caughtUp();
  const consumer = log.consume({
    topic: TOPICS.gameEvents,
    startAt: () => 'earliest',
    deadLetterTopic: TOPICS.deadLetters,
    onError,
    onBatch: async ({ partition, records }) => {
      for (const record of records) {
        try {
          take(watcher, record);
        } finally {
          if (record.position === ends[partition]) behind.delete(partition);
          if (behind.size === 0) caughtUp();
        }
      }
    },
  });
  await consumer.ready;
  await done;
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
