import { PaydayError } from '#kernel';

/**
 * A CloudEvents 1.0 event whose data is JSON. On the log it travels in binary content mode: attributes as
 * headers with the prefix `ce_`, data as the value.
 * Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface CloudEvent<Type extends string = string, Data = unknown> {
  /** Unique per source; redeliveries of one event have one id. */
  id: string;
  /** `dev.payday.…`, see `GameEvent` and `ScoreUpdate`. */
  type: Type;
  /** The service that wrote it, as a URI reference: `/control`, `/scorer`, `/chaos-orchestrator`. */
  source: string;
  /** The game id, or `game/team`. It is also the log key. */
  subject: string;
  /** When it was written, epoch milliseconds (RFC 3339 on the wire). */
  time: number;
  /** Increases by one with each event of one source and subject; readers skip events they have already seen. */
  sequence: number;
  data: Data;
}

/** A record for the event log. */
export interface EncodedEvent {
  key: string;
  value: Uint8Array;
  headers: Record<string, string>;
}

export function encodeCloudEvent(event: CloudEvent): EncodedEvent {
  return {
    key: event.subject,
    value: utf8Encode(JSON.stringify(event.data)),
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_type: event.type,
      ce_source: event.source,
      ce_subject: encodeURIComponent(event.subject).replaceAll('%2F', '/'),
      ce_time: new Date(event.time).toISOString(),
      ce_sequence: String(event.sequence),
      'content-type': 'application/json',
    },
  };
}

/** @throws PaydayError `invalid_event` if a required attribute is missing or the data is not JSON. */
export function decodeCloudEvent(record: {
  key: string;
  value: Uint8Array;
  headers?: Record<string, string> | undefined;
}): CloudEvent {
  const headers = record.headers ?? {};
  const required = (name: string): string => {
    const value = headers[name];
    if (value === undefined) throw new PaydayError('invalid_event', `the record has no header ${name}`);
    return value;
  };
  const sequence = Number(headers['ce_sequence'] ?? '0');
  const time = Date.parse(required('ce_time'));
  if (!Number.isSafeInteger(sequence))
    throw new PaydayError('invalid_event', 'ce_sequence is not an integer');
  if (Number.isNaN(time)) throw new PaydayError('invalid_event', 'ce_time is not an RFC 3339 time');
  let data: unknown;
  try {
    data = JSON.parse(utf8Decode(record.value));
  } catch (cause) {
    throw new PaydayError('invalid_event', 'the event data is not JSON', { cause });
  }
  return {
    id: required('ce_id'),
    type: required('ce_type'),
    source: required('ce_source'),
    subject: record.key,
    time,
    sequence,
    data,
  };
}

function utf8Encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function utf8Decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
