import { PaydayError, backoffMs, retryUntil, type Timers } from '#kernel';
import { PoisonRecordError } from '../errors.js';
import type { ConsumeOptions, EventRecord, StoredRecord } from '../port.js';
import { deadLetterOf } from './dead-letter.js';

export interface DeliveryContext {
  timers: Timers;
  /** Ends every wait and all retries. */
  signal: AbortSignal;
  /** Called for each failure. */
  report(error: unknown): void;
  topic: string;
  partition: number;
  options: Pick<ConsumeOptions, 'onBatch' | 'deadLetterTopic'>;
  /** Resolves when the dead letter is durable. */
  appendDeadLetter(topic: string, record: EventRecord): Promise<unknown>;
}

/**
 * Delivers records of one partition to the handler until it has resolved for all of them: a rejected batch is redelivered
 * with growing pauses; poison goes to the dead-letter topic, and the rest is redelivered at once.
 * Adapters that pull (`PartitionLoop`) and those whose client pushes both use it.
 *
 * @returns true if every record was handled or dead-lettered; false if the signal aborted first. A handler that runs
 * when the signal aborts is awaited, and counts.
 */
export async function deliver(context: DeliveryContext, records: readonly StoredRecord[]): Promise<boolean> {
  const { topic, partition, options, signal, timers, report } = context;
  let pending = records;
  let attempt = 0;
  while (pending.length > 0) {
    if (signal.aborted) return false;
    try {
      // A copy, because the handler may change its array, and these records may have to be redelivered.
      await options.onBatch({ topic, partition, records: pending.slice() });
      return true;
    } catch (error) {
      report(error);
      const rest = signal.aborted ? undefined : await withoutPoison(context, error, pending);
      if (rest) {
        pending = rest;
        attempt = 0;
      } else {
        await timers.sleep(backoffMs(attempt++), signal);
      }
    }
  }
  return true;
}

/** Dead-letters the poison that `error` names and returns the other records; undefined if there was none. */
async function withoutPoison(
  context: DeliveryContext,
  error: unknown,
  records: readonly StoredRecord[],
): Promise<StoredRecord[] | undefined> {
  const { topic, options } = context;
  if (!(error instanceof PoisonRecordError)) return undefined;
  // Compares positions, because the handler may have named a copy of the record.
  const poison = records.find(({ position }) => position === error.record.position);
  if (poison === undefined) {
    context.report(
      new PaydayError(
        'poison_not_in_batch',
        `the handler of ${topic}/${context.partition} called ${error.record.position} poison, which is not in its batch`,
      ),
    );
    return undefined;
  }
  const { deadLetterTopic } = options;
  if (deadLetterTopic === undefined) return undefined;
  const letter = deadLetterOf(topic, poison, error.reason);
  const written = await retryUntil(context, async () => {
    await context.appendDeadLetter(deadLetterTopic, letter);
    return true;
  });
  return written ? records.filter((record) => record !== poison) : undefined;
}

/** Wraps a consumer's `onError`, so that a throwing one cannot stop the reading. */
export function safeReporter(onError: ((error: unknown) => void) | undefined): (error: unknown) => void {
  return (error) => {
    try {
      onError?.(error);
    } catch {
      // A failing reporter must not stop the retry, and there is nowhere else to report to.
    }
  };
}
