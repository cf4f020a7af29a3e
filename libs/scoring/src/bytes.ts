import { PaydayError } from '#kernel';

/**
 * Compact binary state: unsigned LEB128 integers (up to 2^53), zigzag for signed ones, and length-prefixed UTF-8.
 * Source of the encodings: https://protobuf.dev/programming-guides/encoding/
 */
export class ByteWriter {
  private buffer: Uint8Array;
  /** Start of the piece being written; pieces already taken lie before it. */
  private start = 0;
  private length = 0;

  /** @param capacity initial size in bytes; the buffer grows as needed */
  constructor(private readonly capacity = 256) {
    this.buffer = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.length - this.start;
  }

  /** A safe integer ≥ 0. */
  uint(value: number): this {
    this.reserve(8);
    while (value >= 0x80) {
      // Bit operators are much faster than division but only see 31 bits.
      if (value <= 0x7fff_ffff) {
        this.buffer[this.length++] = (value & 0x7f) | 0x80;
        value >>>= 7;
      } else {
        this.buffer[this.length++] = (value % 0x80) | 0x80;
        value = Math.floor(value / 0x80);
      }
    }
    this.buffer[this.length++] = value;
    return this;
  }

  /** An integer below 2^14, always in two bytes: a varint may be longer than necessary. */
  uint14(value: number): this {
    this.reserve(2);
    this.buffer[this.length++] = (value & 0x7f) | 0x80;
    this.buffer[this.length++] = value >>> 7;
    return this;
  }

  /** A safe integer of absolute value < 2^52. */
  int(value: number): this {
    return this.uint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  text(value: string): this {
    // Nearly all texts are short and ASCII: write one byte per code unit and skip TextEncoder.
    if (value.length >= 0x80) return this.bytes(utf8.encode(value));
    this.reserve(value.length + 1);
    const start = this.length;
    this.buffer[this.length++] = value.length;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) {
        this.length = start;
        return this.bytes(utf8.encode(value));
      }
      this.buffer[this.length++] = unit;
    }
    return this;
  }

  bytes(value: Uint8Array): this {
    return this.uint(value.length).raw(value);
  }

  /** Bytes whose end the reader can determine without a length prefix. */
  raw(value: Uint8Array): this {
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return this;
  }

  /**
   * The non-empty buckets, in the sparse form that `LatencyHistogram.write` describes: bucket `low + i` holds `counts[i]` of them.
   * It lives here because it is a hot loop of every commit and writes to the buffer directly.
   */
  counts(low: number, counts: Uint8Array): this {
    // Reserve enough room up front so that no later call replaces the buffer.
    this.reserve(24 + 4 * counts.length);
    const { buffer, length: start } = this;
    let at = start + 2;
    let filled = 0;
    /** Distance to the previous non-empty bucket. */
    let delta = low;
    for (let i = 0; i < counts.length; i++, delta++) {
      const count = counts[i]!;
      if (count >= 0x80 || delta >= 0x80) {
        if (count === 0) continue;
        this.length = at;
        at = this.uint(delta).uint(count).length;
        filled++;
        delta = 0;
        continue;
      }
      // A branch on non-empty buckets would be unpredictable: write every bucket, and advance only past non-empty ones.
      const isFilled = (count + 0x7f) >>> 7;
      buffer[at] = delta;
      buffer[at + 1] = count;
      at += isFilled << 1;
      filled += isFilled;
      delta &= isFilled - 1;
    }
    this.length = start;
    // The count is only known now.
    this.uint14(filled);
    this.length = at;
    return this;
  }

  /**
   * The bytes written so far, as a view of a buffer shared with later pieces: a separate buffer for each small
   * piece costs ten times as much.
   */
  takeWritten(): Uint8Array {
    const out = this.view();
    this.start = this.length;
    return out;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.buffer.slice(this.start, this.length);
  }

  /** The bytes written, without a copy. Use it only when nothing more is written. */
  view(): Uint8Array {
    return this.buffer.subarray(this.start, this.length);
  }

  /** Discards what was written since the last `take` but keeps the buffer. */
  clear(): this {
    this.length = this.start;
    return this;
  }

  private reserve(extra: number): void {
    if (this.length + extra <= this.buffer.length) return;
    const { size } = this;
    const grown = new Uint8Array(Math.max(this.capacity, size * 2, size + extra));
    grown.set(this.view());
    this.buffer = grown;
    this.start = 0;
    this.length = size;
  }
}

const utf8 = new TextEncoder();

/** Reads what `ByteWriter` wrote. @throws PaydayError `corrupt_state` where the bytes end too early. */
export class ByteReader {
  private position = 0;

  constructor(private readonly buffer: Uint8Array) {}

  get done(): boolean {
    return this.position >= this.buffer.length;
  }

  uint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.buffer[this.position++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new PaydayError(
      'corrupt_state',
      `stored scoring state ends inside a number at byte ${this.position}`,
    );
  }

  int(): number {
    const value = this.uint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    return new TextDecoder('utf-8').decode(this.bytes());
  }

  bytes(): Uint8Array {
    return this.raw(this.uint());
  }

  /** The next `length` bytes, as a copy. */
  raw(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.buffer.length) {
      throw new PaydayError(
        'corrupt_state',
        `stored scoring state ends inside a field at byte ${this.position}`,
      );
    }
    const out = this.buffer.slice(this.position, end);
    this.position = end;
    return out;
  }
}
