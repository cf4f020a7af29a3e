import { TOPICS, encodeProbeBatch } from '#contracts';
import { MAX_RECORD_BYTES, type EventRecord, type StoredRecord } from '#event-log';
import type { RefusedBatch } from '#scoring';

/** A value up to this size leaves room for the headers that explain it. */
const MAX_VALUE_BYTES = MAX_RECORD_BYTES - 16 * 1024;
const MAX_REASON_CHARACTERS = 1000;

/** JSON, for people; a batch that would be too large for a record as JSON stays protobuf. */
export function toDeadLetter({ code, batch }: RefusedBatch): EventRecord {
  const json = new TextEncoder().encode(
    JSON.stringify({
      ...batch,
      offsetMs: Array.from(batch.offsetMs),
      latencyUs: Array.from(batch.latencyUs),
      outcome: Array.from(batch.outcome),
    }),
  );
  const fits = json.length <= MAX_VALUE_BYTES;
  return {
    key: TOPICS.probeResults,
    value: fits ? json : encodeProbeBatch(batch),
    headers: { reason: code, 'content-type': fits ? 'application/json' : 'application/x-protobuf' },
  };
}

/** The record with the reason for its refusal; truncated if there is no room for both. @param key key of the dead letter */
export function unreadableToDeadLetter(record: StoredRecord, key: string, reason: string): EventRecord {
  const said = { reason: reason.slice(0, MAX_REASON_CHARACTERS), key: encodeURIComponent(record.key) };
  const headers = JSON.stringify(record.headers);
  if (record.value.length + Buffer.byteLength(headers) <= MAX_VALUE_BYTES)
    return { key, value: record.value, headers: { ...record.headers, ...said } };
  return { key, value: record.value.subarray(0, MAX_VALUE_BYTES), headers: { ...said, cut: 'true' } };
}
