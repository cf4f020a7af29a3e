import type { DataSource } from 'typeorm';
import { TOPICS, decodeProbeBatch } from '#contracts';
import { comparePositions, type EventLog, type Position } from '#event-log';

/**
 * The latest moment at which the game is known to have been alive: of the heartbeat, of what is in the ledger, and of what
 * lies in the log and was not scored yet. No acknowledged result is intended for later, so that a pause that begins at
 * the next window boundary takes nobody's pay away.
 */
export async function lastSignOfLife(
  gameId: string,
  heartbeatAt: number | null,
  dataSource: DataSource,
  log: EventLog,
): Promise<number | null> {
  const [row] = await dataSource.query<{ latest: number | null }[]>(
    'SELECT max(window_start_at) AS latest FROM ledger WHERE game_id = $1',
    [gameId],
  );
  // A window has its start inclusive: one millisecond later is within it.
  const scoredAt = row?.latest === null || row?.latest === undefined ? null : row.latest + 1;
  const latest = Math.max(heartbeatAt ?? 0, scoredAt ?? 0, await latestUnscored(gameId, dataSource, log));
  return latest === 0 ? null : latest;
}

/** The latest intended time among the game's results that lie in the log behind the scorer's position; 0 if there are none. */
async function latestUnscored(gameId: string, dataSource: DataSource, log: EventLog): Promise<number> {
  const checkpoints = await dataSource.query<{ partition: number; positions: Record<string, string> }[]>(
    'SELECT partition, positions FROM scorer_checkpoint',
  );
  const starts = new Map(
    checkpoints.map(({ partition, positions }) => [partition, positions['probe-results']]),
  );
  const ends = await log.endPositions(TOPICS.probeResults);
  const behind = new Set<number>();
  ends.forEach((end, partition) => {
    const start = starts.get(partition);
    if (end !== null && (start === undefined || comparePositions(start, end) < 0)) behind.add(partition);
  });
  if (behind.size === 0) return 0;
  let latest = 0;
  await new Promise<void>((resolve, reject) => {
    const consumer = log.consume({
      topic: TOPICS.probeResults,
      startAt: (partition): Position | 'earliest' | 'latest' =>
        behind.has(partition) ? (starts.get(partition) ?? 'earliest') : 'latest',
      onBatch: async ({ partition, records }) => {
        for (const record of records) latest = Math.max(latest, latestOf(gameId, record.value));
        if (comparePositions(records.at(-1)!.position, ends[partition]!) >= 0) behind.delete(partition);
        // Not awaited: closing waits for this very handler.
        if (behind.size === 0) void consumer.close().then(resolve, reject);
      },
    });
    consumer.ready.catch(reject);
  });
  return latest;
}

function latestOf(gameId: string, value: Uint8Array): number {
  let batch;
  try {
    batch = decodeProbeBatch(value);
  } catch {
    // The scorer sends it to the dead letters.
    return 0;
  }
  if (batch.gameId !== gameId) return 0;
  let latest = 0;
  for (let i = 0; i < batch.offsetMs.length; i++)
    latest = Math.max(latest, batch.baseIntendedAtMs + batch.offsetMs[i]!);
  return latest;
}
