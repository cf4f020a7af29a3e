import { PaydayError } from '#kernel';
import type { Consumer, StoredRecord } from './port.js';

/**
 * Thrown by a consumer's handler for a record that can never be handled: it cannot be decoded, or its type is unknown.
 * With a dead-letter topic the record goes there with `reason`, and the batch's other records are redelivered without it,
 * because the log cannot know which of them were handled.
 * Never throw it for a transient failure (a database that is down): throw any other error, and the batch is retried.
 */
export class PoisonRecordError extends PaydayError {
  readonly record: StoredRecord;
  readonly reason: string;

  /** @param reason shown to the operator who reads the dead letters; at most 1000 characters are kept. */
  constructor(record: StoredRecord, reason: string, options: { cause?: unknown } = {}) {
    super('poison_record', `record ${record.partition}/${record.position} is poison: ${reason}`, {
      ...options,
      details: { partition: record.partition, position: record.position, key: record.key },
    });
    this.name = 'PoisonRecordError';
    this.record = record;
    this.reason = reason;
  }
}

export function unknownTopic(topic: string): PaydayError {
  return new PaydayError(
    'unknown_topic',
    `the event log has no topic "${topic}": make it by createTopics before it is used`,
    { details: { topic } },
  );
}

export function topicMismatch(topic: string, existing: number, wanted: number): PaydayError {
  return new PaydayError(
    'topic_mismatch',
    `topic "${topic}" has ${existing} partitions, not ${wanted}: the number is fixed when a topic is made, ` +
      'because keys are bound to partitions; configure the old number or use a new topic',
    { details: { topic, existing, wanted } },
  );
}

export function logClosed(): PaydayError {
  return new PaydayError('log_closed', 'the event log is closed; open a new one');
}

/** The consumer of a closed log. */
export function closedConsumer(): Consumer {
  const ready = Promise.reject<void>(logClosed());
  ready.catch(() => {}); // unobserved, it must not crash the process
  return { ready, caughtUp: () => ready, close: () => Promise.resolve() };
}

/** A position beyond the end of the log, which means that the log was replaced or restored from an older copy. */
export function positionBeyondEnd(
  topic: string,
  partition: number,
  position: string,
  end: string | null,
): PaydayError {
  return new PaydayError(
    'position_beyond_end',
    `cannot read behind ${topic}/${partition} position ${position}: the log ends at ${end ?? 'no record'}. ` +
      'It was replaced, or restored from an older copy than the stored position; restore both from one moment',
    { details: { topic, partition, position, end } },
  );
}
