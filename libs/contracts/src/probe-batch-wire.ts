import { PaydayError } from '#kernel';

/** Protobuf wire types that proto3 uses. Groups (3 and 4) are not part of proto3 and are refused. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const MAX_VARINT_BYTES = 10;
const POWERS_OF_128 = Array.from({ length: MAX_VARINT_BYTES }, (_, i) => 128 ** i);
// BOMs are kept: a text must come out as it went in.
const utf8 = new TextDecoder('utf-8', Object.freeze({ fatal: true, ignoreBOM: true }));

export function truncated(message: string): PaydayError {
  return new PaydayError('truncated_batch', message);
}

export function invalid(message: string): PaydayError {
  return new PaydayError('invalid_batch', message);
}

/** A cursor over one protobuf message that lies in `bytes` from `pos` (inclusive) to `end` (exclusive). */
export class WireReader {
  constructor(
    readonly bytes: Uint8Array,
    public pos = 0,
    readonly end = bytes.length,
  ) {}

  /**
   * The next field's tag, `number << 3 | wire type`.
   * @throws PaydayError `truncated_batch` if it is cut off, its number is 0 or its wire type is none of proto3's.
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

  /** A UTF-8 text of at most `maxBytes`. @throws PaydayError `invalid_batch` if it is longer or no UTF-8. */
  text(what: string, maxBytes: number): string {
    const end = this.lengthEnd(what);
    const start = this.pos;
    this.pos = end;
    if (end - start > maxBytes) throw invalid(`${what} has ${end - start} bytes, at most ${maxBytes} may be`);
    // Ids are short and ASCII; a TextDecoder call costs more than all columns of a small batch.
    let text = '';
    for (let i = start; i < end; i++) {
      const byte = this.bytes[i]!;
      if (byte >= 0x80) return this.#unicode(what, start, end);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #unicode(what: string, start: number, end: number): string {
    try {
      return utf8.decode(this.bytes.subarray(start, end));
    } catch (cause) {
      throw new PaydayError('invalid_batch', `${what} is not valid UTF-8`, { cause });
    }
  }

  /** Passes over the value of an unknown field. */
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

/**
 * A growing list of uint32 that is reused for every message: columns are collected in it and copied out at
 * their exact size, so that nothing is allocated on the word of a length that a sender claims.
 */
export class ColumnScratch {
  #values = new Uint32Array(1024);
  #count = 0;

  constructor(
    readonly name: string,
    readonly maxLength: number,
  ) {}

  clear(): void {
    this.#count = 0;
  }

  get count(): number {
    return this.#count;
  }

  copyTo(target: Uint32Array): void {
    target.set(this.#values.subarray(0, this.#count));
  }

  /** Appends one value (a repeated field that is not packed) or a packed run of values. */
  read(reader: WireReader, type: number): void {
    if (type === BYTES) this.#readPacked(reader, reader.lengthEnd(this.name));
    else if (type === VARINT) this.#push(reader.uint(this.name));
    else throw truncated(`${this.name} has wire type ${type}, not ${VARINT} or ${BYTES}`);
  }

  #push(value: number): void {
    if (value > 0xffff_ffff) throw invalid(`${this.name}[${this.#count}] is ${value}, above 2^32 − 1`);
    this.#reserve(1);
    this.#values[this.#count++] = value;
  }

  /** Makes room for up to `more` values, as far as `maxLength` allows. */
  #reserve(more: number): void {
    if (this.#count === this.maxLength)
      throw invalid(`${this.name} has more than ${this.maxLength} values, the most in one batch`);
    const needed = Math.min(this.#count + more, this.maxLength);
    if (needed <= this.#values.length) return;
    const grown = new Uint32Array(Math.min(Math.max(needed, this.#values.length * 2), this.maxLength));
    grown.set(this.#values);
    this.#values = grown;
  }

  /** The hot loop: everything it touches is a local. Values of up to four bytes take the fast path. */
  #readPacked(reader: WireReader, end: number): void {
    let pos = reader.pos;
    if (pos === end) return;
    // Every value takes a byte or more, so this much room is enough.
    this.#reserve(end - pos);
    const { bytes } = reader;
    const values = this.#values;
    const max = this.maxLength;
    let count = this.#count;
    while (pos < end) {
      // Each turn of the inner loop stores one value and reads at most four bytes.
      const fastEnd = Math.min(end - 3, pos + max - count);
      while (pos < fastEnd) {
        const first = bytes[pos]!;
        if (first < 0x80) {
          values[count++] = first;
          pos += 1;
          continue;
        }
        const second = bytes[pos + 1]!;
        if (second < 0x80) {
          values[count++] = (first & 0x7f) | (second << 7);
          pos += 2;
          continue;
        }
        const third = bytes[pos + 2]!;
        if (third < 0x80) {
          values[count++] = (first & 0x7f) | ((second & 0x7f) << 7) | (third << 14);
          pos += 3;
          continue;
        }
        const fourth = bytes[pos + 3]!;
        if (fourth >= 0x80) break;
        values[count++] = (first & 0x7f) | ((second & 0x7f) << 7) | ((third & 0x7f) << 14) | (fourth << 21);
        pos += 4;
      }
      if (pos >= end) break;
      // Close to the end, or a long varint: the careful way, bounded by this run of values.
      const tail = new WireReader(bytes, pos, end);
      this.#count = count;
      this.#push(tail.uint(this.name));
      count = this.#count;
      pos = tail.pos;
    }
    this.#count = count;
    reader.pos = pos;
  }
}

/** Writes one protobuf message. Fields that hold proto3's default (0, empty) are left out, as it asks. */
export class WireWriter {
  #bytes = new Uint8Array(512);
  #length = 0;

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  uintField(number: number, value: number): void {
    if (value === 0) return;
    this.#varint((number << 3) | VARINT);
    this.#varint(value);
  }

  textField(number: number, value: string): void {
    if (value !== '') this.bytesField(number, new TextEncoder().encode(value));
  }

  bytesField(number: number, value: Uint8Array): void {
    this.#varint((number << 3) | BYTES);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  packedField(number: number, values: ArrayLike<number>): void {
    if (values.length === 0) return;
    let size = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      size += value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
    }
    this.#varint((number << 3) | BYTES);
    this.#varint(size);
    for (let i = 0; i < values.length; i++) this.#varint(values[i]!);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  #varint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    const bytes = this.#bytes;
    let pos = this.#length;
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
    this.#length = pos;
  }
}
