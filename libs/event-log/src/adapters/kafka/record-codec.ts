import type { EventRecord, StoredRecord } from '../../port.js';
import type { FetchedMessage } from './wire.js';

/** A record as kafkajs writes it. It owns its bytes: the caller may change the value at once. */
export interface WireRecord {
  key: Buffer;
  value: Buffer;
  headers: Record<string, Buffer>;
  /** Epoch ms, decimal. */
  timestamp: string;
}

export function toWire({ key, value, headers = {} }: EventRecord, appendedAt: number): WireRecord {
  return {
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
    ),
    timestamp: String(appendedAt),
  };
}

/** Approximate size in a batch, bytes. */
export function wireBytes({ key, value, headers }: WireRecord): number {
  let bytes = 30 + key.byteLength + value.byteLength;
  for (const [name, text] of Object.entries(headers)) bytes += 10 + 3 * name.length + text.byteLength;
  return bytes;
}

/** Other programs may write records without a key or value, or with a repeated header, whose last value counts. */
export function fromWire(message: FetchedMessage, partition: number): StoredRecord {
  const headers: Record<string, string> = {};
  for (const [name, given] of Object.entries(message.headers)) {
    const last = Array.isArray(given) ? given.at(-1) : given;
    headers[name] = last?.toString() ?? '';
  }
  return {
    key: message.key?.toString() ?? '',
    value: message.value ?? new Uint8Array(0),
    headers,
    partition,
    position: message.offset,
    appendedAt: Number(message.timestamp),
  };
}
