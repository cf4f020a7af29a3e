import { TOPICS, decodeProbeBatch } from '#contracts';
import { readRanges, type EventLog } from '#event-log';
import { type Checkpoint, type DataSource, readCheckpoints } from '#persistence';
import { aliveAtKey } from '../../scorer/src/index.js';

/**
 * The latest moment at which the game is known to have been alive: of the heartbeat, and of the log's accepting a result, scored
 * or not. All of these were read from our own clocks. The intended time of a result is no evidence: it is what the sender
 * claims, and one dated ahead would hide an outage.
 *
 * A result is accepted after its intended time, so that a pause that begins at the next window boundary costs no pay (unless a
 * prober's clock is ahead).
 */
export async function lastSignOfLife(
  gameId: string,
  heartbeatAt: number | null,
  dataSource: DataSource,
  log: EventLog,
): Promise<number | null> {
  const checkpoints = await readCheckpoints(dataSource);
  const scoredAt = checkpoints.map(({ positions }) => Number(positions[aliveAtKey(gameId)] ?? 0));
  const latest = Math.max(heartbeatAt ?? 0, ...scoredAt, await latestUnscored(gameId, checkpoints, log));
  return latest === 0 ? null : latest;
}

/** When the log accepted the latest of the game's results behind the scorer's position; 0 if there are none. */
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
