import { comparePositions, readRanges, type EventLog, type Position, type StoredRecord } from '#event-log';
import { PaydayError } from '#kernel';

/**
 * Reads every partition of a topic from its beginning up to and including the record at a position.
 * @param limits by partition; null: none of it
 * @param handle gets records in partition order; an error that it throws ends the reading
 * @throws PaydayError `log_too_short` if the log ends before a limit; `unknown_topic`, and what `handle` throws
 */
export async function readUpTo(
  log: EventLog,
  topic: string,
  limits: readonly (Position | null)[],
  handle: (records: StoredRecord[], partition: number) => Promise<void> | void,
): Promise<void> {
  const ends = await log.endPositions(topic);
  limits.forEach((limit, partition) => {
    const end = ends[partition] ?? null;
    if (limit !== null && (end === null || comparePositions(end, limit) < 0))
      throw new PaydayError(
        'log_too_short',
        `partition ${partition} of ${topic} ends at ${end ?? 'nothing'}, but the ledger was computed up to ${limit}: the log does not belong to this database, or records are missing`,
      );
  });
  const ranges = limits.map((to, partition) => ({ partition, to }));
  for await (const { records, partition } of readRanges(log, { topic, ranges }))
    await handle(records, partition);
}
