import { decodeRecord } from '../../record-codec.js';
import type { Position, StoredRecord } from '../../port.js';
import { MAX_RECORD_BYTES } from '../../records.js';
import type { RawRecord } from './api.js';

/**
 * The contents of a Kinesis record: `PDL1`, then for each log record its length u32 and its bytes (record-codec.ts),
 * integers big-endian. Many log records share a Kinesis record, because Kinesis bills and limits by its records, and
 * because it accepts one atomically, which keeps the order inside.
 */
const MAGIC = Buffer.from('PDL1');
const LENGTH_BYTES = 4;
/** Kinesis' limit for data and partition key together is 1 MiB; our partition keys have a few digits. */
export const MAX_DATA_BYTES = 1_048_576 - 16;
/** A position is the Kinesis record's sequence number, then the record's index in it with this many digits. */
const INDEX_DIGITS = 5;
export const MAX_RECORDS = 10 ** INDEX_DIGITS;

/** Size of a record in an envelope, bytes. */
export function packedBytes(encoded: Uint8Array): number {
  return LENGTH_BYTES + encoded.byteLength;
}

export const EMPTY_ENVELOPE_BYTES = MAGIC.byteLength;

export function pack(encoded: readonly Uint8Array[]): Uint8Array {
  const size = encoded.reduce((sum, one) => sum + packedBytes(one), EMPTY_ENVELOPE_BYTES);
  const data = Buffer.allocUnsafe(size);
  let at = MAGIC.copy(data);
  for (const one of encoded) {
    at = data.writeUInt32BE(one.byteLength, at);
    data.set(one, at);
    at += one.byteLength;
  }
  return data;
}

/**
 * The log records in a Kinesis record; their values are views of a copy of it. A foreign record is delivered unchanged,
 * with its partition key: the consumer knows what it expects and can reject it as poison.
 */
export function unpack(raw: RawRecord, partition: number): StoredRecord[] {
  const buffer = Buffer.from(new Uint8Array(raw.data).buffer);
  const spans = spansOf(buffer);
  if (spans === undefined) return [foreign(raw, buffer, partition)];
  return spans.map(([start, end], index) =>
    decodeRecord({ buffer, start, end }, partition, positionOf(raw.sequence, index)),
  );
}

/** The number of log records in a Kinesis record. */
export function countOf({ data }: RawRecord): number {
  return spansOf(Buffer.from(data.buffer, data.byteOffset, data.byteLength))?.length ?? 1;
}

export function positionOf(sequence: string, index: number): Position {
  return sequence + String(index).padStart(INDEX_DIGITS, '0');
}

/** Undefined if no record can have this position. */
export function partsOf(position: Position): { sequence: string; index: number } | undefined {
  if (position.length <= INDEX_DIGITS) return undefined;
  return { sequence: position.slice(0, -INDEX_DIGITS), index: Number(position.slice(-INDEX_DIGITS)) };
}

function spansOf(buffer: Buffer): [start: number, end: number][] | undefined {
  if (!buffer.subarray(0, MAGIC.byteLength).equals(MAGIC)) return undefined;
  const spans: [number, number][] = [];
  for (let at = MAGIC.byteLength; at < buffer.byteLength;) {
    if (at + LENGTH_BYTES > buffer.byteLength) return undefined;
    const start = at + LENGTH_BYTES;
    at = start + buffer.readUInt32BE(at);
    if (at > buffer.byteLength) return undefined;
    spans.push([start, at]);
  }
  return spans.length === 0 ? undefined : spans;
}

function foreign(raw: RawRecord, buffer: Buffer, partition: number): StoredRecord {
  return {
    key: raw.partitionKey,
    // Kinesis accepts slightly larger records than we do, but this one must fit as a dead letter.
    value: buffer.subarray(0, MAX_RECORD_BYTES - 4096),
    headers: {},
    partition,
    position: positionOf(raw.sequence, 0),
    appendedAt: raw.arrivedAt,
  };
}
