import {
  OUTCOMES,
  TOPICS,
  decodeCloudEvent,
  decodeProbeBatch,
  type GameEvent,
  type ProbeBatch,
} from '#contracts';
import { openEventLog } from '#event-log';
import { systemClock } from '#runtime';
import type { PlainResult } from '#testing';
import { readTopic } from '../faults/scoring/read-topic.js';
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
