import type { TopicName } from '#contracts';
import type { EventLog, StoredRecord } from '#event-log';

/** All records of a topic, each partition in order. */
export async function readTopic(log: EventLog, topic: TopicName): Promise<StoredRecord[]> {
  const ends = await log.endPositions(topic);
  const unread = new Set(ends.flatMap((end, partition) => (end === null ? [] : [partition])));
  const out: StoredRecord[] = [];
  if (unread.size === 0) return out;
  await new Promise<void>((resolve, reject) => {
    const consumer = log.consume({
      topic,
      startAt: () => 'earliest',
      onBatch: async ({ partition, records }) => {
        for (const record of records) {
          if (!unread.has(partition)) break;
          out.push(record);
          if (record.position === ends[partition]) unread.delete(partition);
        }
        // Not awaited: closing waits for this handler.
        if (unread.size === 0) void consumer.close().then(resolve, reject);
      },
    });
    consumer.ready.catch(reject);
  });
  return out;
}
