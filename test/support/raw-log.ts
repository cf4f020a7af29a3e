import {
  OUTCOMES,
  TOPICS,
  decodeCloudEvent,
  decodeProbeBatch,
  type GameEvent,
  type ProbeBatch,
  type TopicName,
} from '#contracts';
import { openEventLog, type EventLog, type StoredRecord } from '#event-log';
import { systemClock } from '#runtime';
import type { PlainResult } from '#testing';
import type { GameFolder } from './game-process.js';

/** One game in the embedded log: nothing here comes from the scorer or its database. */
export interface RawGame {
  /** In order; each once, however often it was delivered. */
  events: GameEvent[];
  /** Every batch, as often as it is in the log. */
  batches: ProbeBatch[];
}

/** Reads the log of a game; its launcher may be running. */
export async function readRawGame(folder: GameFolder, gameId: string): Promise<RawGame> {
  const log = await openEventLog(`lmdb:${folder.data}/log`, { clock: systemClock });
  try {
    const events = (await readTopic(log, TOPICS.gameEvents)).map(
      (record) => decodeCloudEvent(record) as GameEvent,
    );
    const results = await readTopic(log, TOPICS.probeResults);
    return {
      events: [
        ...new Map(
          events.filter(({ subject }) => subject === gameId).map((event) => [event.id, event]),
        ).values(),
      ],
      batches: results.map(({ value }) => decodeProbeBatch(value)).filter((batch) => batch.gameId === gameId),
    };
  } finally {
    await log.close();
  }
}

/** The identity of a batch, wherever and however often it is found. */
export function batchKey({ teamId, proberId, epoch, seq }: ProbeBatch): string {
  return [teamId, proberId, epoch, seq].join(' ');
}

/** The results of all batches, each batch once. */
export function resultsOnce(batches: readonly ProbeBatch[]): PlainResult[] {
  const once = new Map(batches.map((batch) => [batchKey(batch), batch]));
  return [...once.values()].flatMap((batch) =>
    Array.from(batch.outcome, (outcome, i) => ({
      teamId: batch.teamId,
      role: batch.role,
      serviceId: batch.serviceId,
      counterpartyId: batch.counterpartyId,
      intendedAt: batch.baseIntendedAtMs + batch.offsetMs[i]!,
      latencyUs: batch.latencyUs[i]!,
      outcome: OUTCOMES[outcome]!,
    })),
  );
}

async function readTopic(log: EventLog, topic: TopicName): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  const ends = await log.endPositions(topic);
  const behind = new Set(ends.flatMap((end, partition) => (end === null ? [] : [partition])));
  if (behind.size === 0) return records;
  await new Promise<void>((resolve, reject) => {
    const consumer = log.consume({
      topic,
      startAt: () => 'earliest',
      onBatch: async (batch) => {
        for (const record of batch.records) {
          if (!behind.has(batch.partition)) return;
          records.push(record);
          if (record.position === ends[batch.partition]) behind.delete(batch.partition);
        }
        // Not awaited: closing waits for this handler.
        if (behind.size === 0) void consumer.close().then(resolve, reject);
      },
    });
    consumer.ready.catch(reject);
  });
  return records;
}
