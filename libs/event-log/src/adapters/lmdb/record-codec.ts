import { PaydayError } from '#kernel';
import type { EventRecord, StoredRecord } from '../../port.js';

/**
 * A record as a value in the LMDB file, integers big-endian:
 * `appendedAt` epoch ms u48 · key length u16 · number of headers u16 · key ·
 * per header: name length u16, value length u32, name, value · the record's value, up to the end.
 */
const FIXED_BYTES = 10;
const HEADER_BYTES = 6;

/** Encodes records into one new buffer; the result holds a view of it for each record. */
export function encodeRecords(records: readonly EventRecord[], appendedAt: number): Uint8Array[] {
  const sizes = records.map(sizeOf);
  const arena = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0));
  let start = 0;
  return records.map((record, i) => {
    const end = start + sizes[i]!;
    encodeInto(arena, start, record, appendedAt);
    const view = arena.subarray(start, end);
    start = end;
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

/**
 * The record's value is a view of `stored`, which must therefore be a copy that LMDB does not use again.
 * @throws PaydayError `log_corrupt` if the bytes are no record.
 */
export function decodeRecord(stored: Uint8Array, partition: number, position: number): StoredRecord {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  try {
    const appendedAt = bytes.readUIntBE(0, 6);
    const keyEnd = FIXED_BYTES + bytes.readUInt16BE(6);
    const key = text(bytes, FIXED_BYTES, keyEnd);
    const headers: [string, string][] = [];
    let at = keyEnd;
    for (let left = bytes.readUInt16BE(8); left > 0; left--) {
      const nameEnd = at + HEADER_BYTES + bytes.readUInt16BE(at);
      const end = nameEnd + bytes.readUInt32BE(at + 2);
      headers.push([text(bytes, at + HEADER_BYTES, nameEnd), text(bytes, nameEnd, end)]);
      at = end;
    }
    const value = new Uint8Array(stored.buffer, stored.byteOffset + at, stored.byteLength - at);
    return {
      key,
      value,
      headers: Object.fromEntries(headers),
      partition,
      position: String(position),
      appendedAt,
    };
  } catch (cause) {
    throw new PaydayError(
      'log_corrupt',
      `the log holds no readable record at partition ${partition}, position ${position}: its file was damaged ` +
        'from outside; restore the folder from a copy',
      { cause },
    );
  }
}

function text(bytes: Buffer, start: number, end: number): string {
  if (end > bytes.length) throw new RangeError(`text from ${start} to ${end} of ${bytes.length} bytes`);
  return bytes.toString('utf8', start, end);
}
