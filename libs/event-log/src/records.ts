import { PaydayError } from '#kernel';
import { topicMismatch } from './errors.js';
import type { ConsumeOptions, EventRecord, TopicSpec } from './port.js';

/** Maximum size of a record's key, value and headers together, bytes: every adapter's medium accepts this much. */
export const MAX_RECORD_BYTES = 1_000_000;
/** Room for the reason of a dead letter beyond `MAX_RECORD_BYTES`. */
export const DEAD_LETTER_HEADROOM_BYTES = 16_384;
export const MAX_KEY_BYTES = 1024;
export const MAX_PARTITIONS = 1024;

/** Names that both Kafka and Kinesis accept. */
const TOPIC_PATTERN = /^[A-Za-z0-9._-]{1,128}$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws PaydayError `invalid_topic`; `topic_mismatch` if a topic is listed twice with different numbers of partitions. */
export function assertTopicSpecs(specs: readonly TopicSpec[]): void {
  const wanted = new Map<string, number>();
  for (const spec of specs) {
    assertTopicSpec(spec);
    const other = wanted.get(spec.topic) ?? spec.partitions;
    if (other !== spec.partitions) throw topicMismatch(spec.topic, other, spec.partitions);
    wanted.set(spec.topic, spec.partitions);
  }
}

function assertTopicSpec({ topic, partitions }: TopicSpec): void {
  if (!TOPIC_PATTERN.test(topic) || topic === '.' || topic === '..')
    throw new PaydayError(
      'invalid_topic',
      `"${topic}" cannot be a topic: use 1 to 128 letters, digits, dots, hyphens and underscores`,
    );
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS)
    throw new PaydayError(
      'invalid_topic',
      `topic "${topic}" cannot have ${partitions} partitions: give an integer from 1 to ${MAX_PARTITIONS}`,
    );
}

/**
 * Refuses a record that some adapter could not store and return exactly.
 * @param maxBytes limit of key, value and headers together.
 * @throws PaydayError `invalid_record`, `record_too_large`.
 */
export function assertRecord(topic: string, record: EventRecord, maxBytes = MAX_RECORD_BYTES): void {
  const keyBytes = Buffer.byteLength(record.key);
  if (keyBytes < 1 || keyBytes > MAX_KEY_BYTES)
    throw invalidRecord(topic, `its key has ${keyBytes} UTF-8 bytes, allowed are 1 to ${MAX_KEY_BYTES}`);
  // Two keys that differ only in lone surrogates would become equal in UTF-8.
  if (keyBytes !== record.key.length && LONE_SURROGATE.test(record.key))
    throw invalidRecord(topic, 'its key is not well-formed unicode (it has a lone surrogate)');
  if (!(record.value instanceof Uint8Array)) throw invalidRecord(topic, 'its value is no Uint8Array');
  let bytes = keyBytes + record.value.byteLength;
  if (record.headers)
    for (const [name, value] of Object.entries(record.headers)) {
      const nameBytes = Buffer.byteLength(name);
      if (nameBytes > MAX_KEY_BYTES)
        throw invalidRecord(
          topic,
          `a header's name has ${nameBytes} bytes, at most ${MAX_KEY_BYTES} are allowed`,
        );
      bytes += nameBytes + Buffer.byteLength(value);
    }
  if (bytes > maxBytes)
    throw new PaydayError(
      'record_too_large',
      `a record for topic "${topic}" has ${bytes} bytes (key, value and headers), at most ${maxBytes} are taken`,
      { details: { topic, bytes, maxBytes } },
    );
}

function invalidRecord(topic: string, what: string): PaydayError {
  return new PaydayError('invalid_record', `a record for topic "${topic}" cannot be stored: ${what}`, {
    details: { topic },
  });
}

/** @throws PaydayError `invalid_options` for options with which no consumer can work. */
export function assertConsumeOptions(options: ConsumeOptions): void {
  const { topic, deadLetterTopic, group, maxBatchRecords, partitions } = options;
  if (maxBatchRecords !== undefined && (!Number.isInteger(maxBatchRecords) || maxBatchRecords < 1))
    throw new PaydayError('invalid_options', `maxBatchRecords is ${maxBatchRecords}; give an integer ≥ 1`);
  if (group !== undefined && partitions !== undefined)
    throw new PaydayError(
      'invalid_options',
      'a group assigns the partitions: give either group or partitions',
    );
  if (deadLetterTopic === topic)
    throw new PaydayError(
      'invalid_options',
      `the dead letters of "${topic}" cannot go to that same topic: its consumer would read its own poison without end`,
    );
}
