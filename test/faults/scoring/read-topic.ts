import type { TopicName } from '#contracts';
import { readRanges, type EventLog, type StoredRecord } from '#event-log';

/** All records of a topic, each partition in order. */
export async function readTopic(log: EventLog, topic: TopicName): Promise<StoredRecord[]> {
  const ranges = (await log.endPositions(topic)).map((to, partition) => ({ partition, to }));
  const out: StoredRecord[] = [];
  for await (const { records } of readRanges(log, { topic, ranges })) out.push(...records);
  return out;
}
