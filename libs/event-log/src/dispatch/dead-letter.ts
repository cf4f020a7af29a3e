import type { EventRecord, StoredRecord } from '../port.js';

const MAX_REASON_CHARACTERS = 1000;

/**
 * The dead letter of a poison record: keyed by the source topic, with the original value and headers, and with its origin
 * and the reason in headers `dead_letter_…`.
 */
export function deadLetterOf(topic: string, poison: StoredRecord, reason: string): EventRecord {
  return {
    key: topic,
    value: poison.value,
    headers: {
      ...poison.headers,
      dead_letter_topic: topic,
      dead_letter_partition: String(poison.partition),
      dead_letter_position: poison.position,
      dead_letter_key: poison.key,
      dead_letter_appended_at: String(poison.appendedAt),
      dead_letter_reason: reason.slice(0, MAX_REASON_CHARACTERS),
    },
  };
}
