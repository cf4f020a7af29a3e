import { PaydayError } from '#kernel';

/**
 * Compact binary state: unsigned LEB128 integers (up to 2^53), zigzag for signed ones, and length-prefixed UTF-8.
 * Source of the encodings: https://protobuf.dev/programming-guides/encoding/
 */
export class ByteWriter {
  private buffer: Uint8Array;
  private length = 0;

  /** @param capacity bytes to begin with; it grows as needed */
  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.length;
  }

  /** A safe integer ≥ 0. */
  uint(value: number): this {
    this.reserve(8);
    while (value >= 0x80) {
      // Bit operators are much faster than division, but see 31 bits only.
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

  /** An integer below 2^14 in two bytes, whatever its value: a varint may be longer than needed. */
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
    // Nearly all texts are short and ASCII: a byte per code unit, and no TextEncoder call.
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

  /** Bytes that know their own end. */
  raw(value: Uint8Array): this {
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return this;
  }

  /**
   * The buckets that hold values, as `LatencyHistogram.write` says: bucket `low + i` holds `counts[i]` values.
   * It lives here because it is the hottest loop of a commit and so works on the buffer itself.
   */
  counts(low: number, counts: Uint32Array): this {
    this.reserve(2 + 7 * counts.length);
    const { buffer } = this;
    const start = this.length;
    let at = start + 2;
    let filled = 0;
    let previous = 0;
    for (let i = 0; i < counts.length; i++) {
      let count = counts[i]!;
      if (count === 0) continue;
      filled++;
      let delta = low + i - previous;
      previous = low + i;
      if (delta >= 0x80) {
        buffer[at++] = (delta & 0x7f) | 0x80;
        delta >>>= 7;
      }
      buffer[at++] = delta;
      while (count >= 0x80) {
        buffer[at++] = (count & 0x7f) | 0x80;
        count >>>= 7;
      }
      buffer[at++] = count;
    }
    // Known only now.
    this.length = start;
    this.uint14(filled);
    this.length = at;
    return this;
  }

  /** What was written, as a piece of a buffer that it shares with others made at about the same time. */
  take(): Uint8Array {
    const { length } = this;
    if (length > SLAB_BYTES / 4) return this.finish();
    if (slabUsed + length > SLAB_BYTES) {
      slab = new Uint8Array(SLAB_BYTES);
      slabUsed = 0;
    }
    const out = slab.subarray(slabUsed, slabUsed + length);
    slabUsed += length;
    out.set(this.buffer.subarray(0, length));
    return out;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  /** What was written, without a copy: use it only for a writer that is not written to again. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  /** Forgets what was written, keeps the buffer. */
  clear(): this {
    this.length = 0;
    return this;
  }

  private reserve(extra: number): void {
    if (this.length + extra <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extra));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}

const utf8 = new TextEncoder();

// A buffer of its own for each small piece costs ten times as much as a view of a shared one.
const SLAB_BYTES = 32 * 1024;
let slab = new Uint8Array(SLAB_BYTES);
let slabUsed = 0;

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
    const length = this.uint();
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
