import type { DataSource } from 'typeorm';
import { TOPICS, decodeProbeBatch } from '#contracts';
import { readRanges, type EventLog } from '#event-log';
import { aliveAtKey } from '../../scorer/src/index.js';

/**
 * The latest moment at which the game is known to have been alive: of the heartbeat, and of the log's taking a result, be it
 * scored or not. Every one of these is what one of our own clocks said then. When a result was intended says nothing: it is
 * the word of whoever sent it, and one that is dated ahead would hide an outage.
 *
 * A result is taken after it was intended, so that a pause that begins at the next window boundary takes nobody's pay away
 * (but for a prober whose clock is ahead).
 */
export async function lastSignOfLife(
  gameId: string,
  heartbeatAt: number | null,
  dataSource: DataSource,
  log: EventLog,
): Promise<number | null> {
  const checkpoints = await dataSource.query<Checkpoint[]>(
    'SELECT partition, positions FROM scorer_checkpoint',
  );
  const scoredAt = checkpoints.map(({ positions }) => Number(positions[aliveAtKey(gameId)] ?? 0));
  const latest = Math.max(heartbeatAt ?? 0, ...scoredAt, await latestUnscored(gameId, checkpoints, log));
  return latest === 0 ? null : latest;
}

interface Checkpoint {
  partition: number;
  positions: Record<string, string>;
}

/** When the log took the latest of the game's results that lie behind the scorer's position; 0 if there are none. */
async function latestUnscored(
  gameId: string,
  checkpoints: readonly Checkpoint[],
  log: EventLog,
): Promise<number> {
  const starts = new Map(
    checkpoints.map(({ partition, positions }) => [partition, positions['probe-results']]),
  );
  const ends = await log.endPositions(TOPICS.probeResults);
  let latest = 0;
  const ranges = ends.map((to, partition) => ({ partition, from: starts.get(partition), to }));
  for await (const { records } of readRanges(log, { topic: TOPICS.probeResults, ranges }))
    for (const { value, appendedAt } of records)
      if (appendedAt > latest && holdsResults(gameId, value)) latest = appendedAt;
  return latest;
}

function holdsResults(gameId: string, value: Uint8Array): boolean {
  try {
    const batch = decodeProbeBatch(value);
    return batch.gameId === gameId && batch.outcome.length > 0;
  } catch {
    // The scorer sends it to the dead letters.
    return false;
  }
}
