import { comparePositions, type EventLog, type Position, type StoredRecord } from '#event-log';
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
  const open = new Set<number>();
  limits.forEach((limit, partition) => {
    if (limit === null) return;
    const end = ends[partition] ?? null;
    if (end === null || comparePositions(end, limit) < 0)
      throw new PaydayError(
        'log_too_short',
        `partition ${partition} of ${topic} ends at ${end ?? 'nothing'}, but the ledger was computed up to ${limit}: the log does not belong to this database, or records are missing`,
      );
    open.add(partition);
  });
  if (open.size === 0) return;
  let failure: unknown;
  await new Promise<void>((resolve) => {
    const stop = (error?: unknown): void => {
      failure ??= error;
      open.clear();
      // Not awaited: closing waits for the handler that may be running this.
      void consumer.close().then(resolve);
    };
    const consumer = log.consume({
      topic,
      startAt: (partition) => (open.has(partition) ? 'earliest' : 'latest'),
      onBatch: async ({ partition, records }) => {
        if (!open.has(partition)) return;
        const limit = limits[partition]!;
        const wanted = records.filter((record) => comparePositions(record.position, limit) <= 0);
        try {
          if (wanted.length > 0) await handle(wanted, partition);
        } catch (error) {
          return stop(error);
        }
        if (comparePositions(records.at(-1)!.position, limit) >= 0) open.delete(partition);
        if (open.size === 0) stop();
      },
      onError: (error) => {
        if (!(error instanceof PaydayError && error.retryable)) stop(error);
      },
    });
    consumer.ready.catch(stop);
  });
  if (failure !== undefined) throw failure;
}
