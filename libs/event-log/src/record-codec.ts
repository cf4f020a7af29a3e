import { PaydayError } from '#kernel';
import type { EventRecord, StoredRecord } from './port.js';

/**
 * The binary form of a record in media without keys and headers like ours (LMDB, Kinesis), integers big-endian:
 * `appendedAt` epoch ms u48 · key length u16 · number of headers u16 · key ·
 * per header: name length u16, value length u32, name, value · the record's value, up to the end.
 */
const FIXED_BYTES = 10;
const HEADER_BYTES = 6;

/** Encodes records into one new buffer; returns a view of it for each record. */
export function encodeRecords(records: readonly EventRecord[], appendedAt: number): Uint8Array[] {
  const sizes = records.map(sizeOf);
  const arena = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0));
  let start = 0;
  return records.map((record, i) => {
    const size = sizes[i]!;
    encodeInto(arena, start, record, appendedAt);
    const view = new Uint8Array(arena.buffer, start, size);
    start += size;
    return view;
  });
}

function sizeOf(record: EventRecord): number {
  let size = FIXED_BYTES + Buffer.byteLength(record.key) + record.value.byteLength;
  if (record.headers)
    for (const [name, value] of Object.entries(record.headers))
      size += HEADER_BYTES + Buffer.byteLength(name) + Buffer.byteLength(value);
  return size;
}

function encodeInto(arena: Buffer, start: number, record: EventRecord, appendedAt: number): void {
  const headers = record.headers ? Object.entries(record.headers) : [];
  const keyBytes = arena.write(record.key, start + FIXED_BYTES);
  arena.writeUIntBE(appendedAt, start, 6);
  arena.writeUInt16BE(keyBytes, start + 6);
  arena.writeUInt16BE(headers.length, start + 8);
  let at = start + FIXED_BYTES + keyBytes;
  for (const [name, value] of headers) {
    const nameBytes = arena.write(name, at + HEADER_BYTES);
    const valueBytes = arena.write(value, at + HEADER_BYTES + nameBytes);
    arena.writeUInt16BE(nameBytes, at);
    arena.writeUInt32BE(valueBytes, at + 2);
    at += HEADER_BYTES + nameBytes + valueBytes;
  }
  arena.set(record.value, at);
}

/** Bytes from `start` (inclusive) to `end` (exclusive) of a buffer. */
export interface Span {
  buffer: Buffer;
  start: number;
  end: number;
}

/**
 * The record's value is a view of the buffer, which must therefore never be written to again.
 * @throws PaydayError `log_corrupt` if the bytes are not a valid record.
 */
export function decodeRecord(
  { buffer, start, end }: Span,
  partition: number,
  position: string,
): StoredRecord {
  const text = (from: number, to: number): string => {
    if (to > end) throw new RangeError(`text up to ${to}, record up to ${end}`);
    return buffer.toString('utf8', from, to);
  };
  try {
    if (start + FIXED_BYTES > end) throw new RangeError(`a record of ${end - start} bytes`);
    const keyStart = start + FIXED_BYTES;
    let at = keyStart + buffer.readUInt16BE(start + 6);
    const key = text(keyStart, at);
    const headers: [string, string][] = [];
    for (let left = buffer.readUInt16BE(start + 8); left > 0; left--) {
      const nameStart = at + HEADER_BYTES;
      if (nameStart > end) throw new RangeError(`a header at ${at}, record up to ${end}`);
      const nameEnd = nameStart + buffer.readUInt16BE(at);
      const next = nameEnd + buffer.readUInt32BE(at + 2);
      headers.push([text(nameStart, nameEnd), text(nameEnd, next)]);
      at = next;
    }
    return {
      key,
      value: new Uint8Array(buffer.buffer, buffer.byteOffset + at, end - at),
      headers: headers.length === 0 ? {} : Object.fromEntries(headers),
      partition,
      position,
      appendedAt: buffer.readUIntBE(start, 6),
    };
  } catch (cause) {
    throw new PaydayError(
      'log_corrupt',
      `the log holds no readable record at partition ${partition}, position ${position}: it was damaged from ` +
        'outside; restore the log from a copy',
      { cause },
    );
  }
}
