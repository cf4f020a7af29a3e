import { PaydayError } from '#kernel';

/** Protobuf wire types that proto3 uses. Groups (3 and 4) are not part of proto3 and are refused. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const MAX_VARINT_BYTES = 10;
const POWERS_OF_128 = Array.from({ length: MAX_VARINT_BYTES }, (_, i) => 128 ** i);
// Keep BOMs: a text must decode to exactly what was encoded.
const utf8 = new TextDecoder('utf-8', Object.freeze({ fatal: true, ignoreBOM: true }));

export function truncated(message: string): PaydayError {
  return new PaydayError('truncated_batch', message);
}

export function invalid(message: string): PaydayError {
  return new PaydayError('invalid_batch', message);
}

// The same few ids recur. Reusing one string for each avoids the allocation and, because the engine caches a string's hash,
// makes it a cheap key. A collision replaces the older entry.
const INTERNED = 16_384;
const interned = new Array<string>(INTERNED).fill('');

/** The text in `bytes` from `start` to `end`; null if it is not ASCII. */
function internAscii(bytes: Uint8Array, start: number, end: number): string | null {
  let hash = 0x811c9dc5 ^ (end - start);
  let seen = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    seen |= byte;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  if (seen >= 0x80) return null;
  const slot = (hash ^ (hash >>> 15)) & (INTERNED - 1);
  const known = interned[slot]!;
  let i = known.length === end - start ? start : -1;
  if (i >= 0) while (i < end && known.charCodeAt(i - start) === bytes[i]) i++;
  if (i === end) return known;
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  // Long texts come from samples and seldom repeat: they would only evict ids.
  if (text.length <= MAX_INTERNED_LENGTH) interned[slot] = text;
  return text;
}

const MAX_INTERNED_LENGTH = 64;

/** A cursor over one protobuf message that lies in `bytes` from `pos` (inclusive) to `end` (exclusive). */
export class WireReader {
  constructor(
    readonly bytes: Uint8Array,
    public pos = 0,
    readonly end = bytes.length,
  ) {}

  /**
   * The next field's tag, `number << 3 | wire type`.
   * @throws PaydayError `truncated_batch` if it is cut off, its number is 0 or its wire type is not part of proto3.
   */
  tag(): number {
    const tag = this.uint('a field tag', 'truncated_batch');
    const type = tag & 7;
    if (tag < 8 || tag > 0xffff_ffff || type === 3 || type === 4 || type > 5)
      throw truncated(`the bytes at ${this.pos} are no protobuf field (tag ${tag})`);
    return tag;
  }

  /** A varint up to 2^53 − 1. @throws PaydayError `truncated_batch`, or `invalid_batch` beyond safe integers. */
  uint(what: string, tooLarge: 'truncated_batch' | 'invalid_batch' = 'invalid_batch'): number {
    const bytes = this.bytes;
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.pos >= this.end) throw truncated(`the message ends inside ${what}`);
      const byte = bytes[this.pos++]!;
      value += (byte & 0x7f) * POWERS_OF_128[i]!;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER)
          throw new PaydayError(tooLarge, `${what} is beyond 2^53 − 1, the largest exact integer`);
        return value;
      }
    }
    throw truncated(`${what} is a varint of more than ${MAX_VARINT_BYTES} bytes`);
  }

  /** The end of a length-delimited field whose length comes next. */
  lengthEnd(what: string): number {
    const length = this.uint('a length', 'truncated_batch');
    const end = this.pos + length;
    if (end > this.end) throw truncated(`${what} needs ${end - this.end} bytes more than there are`);
    return end;
  }

  /** A UTF-8 text of at most `maxBytes`. @throws PaydayError `invalid_batch` if it is longer or not UTF-8. */
  text(what: string, maxBytes: number): string {
    const end = this.lengthEnd(what);
    const start = this.pos;
    this.pos = end;
    if (end - start > maxBytes) throw invalid(`${what} has ${end - start} bytes, at most ${maxBytes} may be`);
    return internAscii(this.bytes, start, end) ?? this.unicode(what, start, end);
  }

  private unicode(what: string, start: number, end: number): string {
    try {
      return utf8.decode(this.bytes.subarray(start, end));
    } catch (cause) {
      throw new PaydayError('invalid_batch', `${what} is not valid UTF-8`, { cause });
    }
  }

  /** Skips the value of an unknown field. */
  skip(type: number): void {
    if (type === BYTES) this.pos = this.lengthEnd('an unknown field');
    else if (type === FIXED64) this.pos += 8;
    else if (type === FIXED32) this.pos += 4;
    else {
      for (let i = 0; this.pos < this.end && this.bytes[this.pos]! >= 0x80; i++, this.pos++)
        if (i === MAX_VARINT_BYTES - 1) throw truncated('an unknown field is a varint of more than 10 bytes');
      this.pos++;
    }
    if (this.pos > this.end) throw truncated('the message ends inside an unknown field');
  }
}

const encoder = new TextEncoder();

/** Writes one protobuf message. Omits fields that hold proto3's default (0, empty), as proto3 requires. */
export class WireWriter {
  private bytes: Uint8Array;
  private length = 0;

  /** @param room expected size in bytes; it grows if needed */
  constructor(room = 512) {
    this.bytes = new Uint8Array(room);
  }

  /** Starts a new message. @returns itself */
  clear(): this {
    this.length = 0;
    return this;
  }

  /** The message so far, a copy. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  uintField(number: number, value: number): void {
    if (value === 0) return;
    this.varint((number << 3) | VARINT);
    this.varint(value);
  }

  textField(number: number, value: string): void {
    if (value === '') return;
    const before = this.length;
    this.varint((number << 3) | BYTES);
    this.varint(value.length);
    this.reserve(value.length);
    const bytes = this.bytes;
    let pos = this.length;
    // Ids are ASCII, so a character is a byte.
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.length = before;
        return this.bytesField(number, encoder.encode(value));
      }
      bytes[pos++] = code;
    }
    this.length = pos;
  }

  bytesField(number: number, value: Uint8Array): void {
    this.varint((number << 3) | BYTES);
    this.varint(value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  packedField(number: number, values: ArrayLike<number>): void {
    if (values.length === 0) return;
    let size = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      size += value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
    }
    this.varint((number << 3) | BYTES);
    this.varint(size);
    for (let i = 0; i < values.length; i++) this.varint(values[i]!);
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  private varint(value: number): void {
    this.reserve(MAX_VARINT_BYTES);
    const bytes = this.bytes;
    let pos = this.length;
    // Beyond 31 bits the bit operators would lose the upper part.
    while (value > 0x7fff_ffff) {
      bytes[pos++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 0x7f) {
      bytes[pos++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    bytes[pos++] = value;
    this.length = pos;
  }
}
