import { PaydayError } from '#kernel';

/**
 * Compact binary state: unsigned LEB128 integers (up to 2^53), zigzag for signed ones, and length-prefixed UTF-8.
 * Source of the encodings: https://protobuf.dev/programming-guides/encoding/
 */
export class ByteWriter {
  private buffer: Uint8Array;
  /** What is being written begins here: pieces that were taken lie before it. */
  private start = 0;
  private length = 0;

  /** @param capacity bytes to begin with; it grows as needed */
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
   * The buckets that hold values, as `LatencyHistogram.write` says of few values: bucket `low + i` holds `counts[i]` of them.
   * It lives here because it is a hot loop of a commit and so works on the buffer itself.
   */
  counts(low: number, counts: Uint8Array): this {
    // With room to spare, so that no later call changes the buffer.
    this.reserve(24 + 4 * counts.length);
    const { buffer, length: start } = this;
    let at = start + 2;
    let filled = 0;
    /** The number of the bucket, less that of the filled one before. */
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
      // Which buckets are filled can't be guessed: written each time, kept if it holds something.
      const isFilled = (count + 0x7f) >>> 7;
      buffer[at] = delta;
      buffer[at + 1] = count;
      at += isFilled << 1;
      filled += isFilled;
      delta &= isFilled - 1;
    }
    this.length = start;
    // Known only now.
    this.uint14(filled);
    this.length = at;
    return this;
  }

  /**
   * What was written, as a piece of a buffer that it shares with what is taken next: a buffer of its own for each small
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

  /** What was written, without a copy: use it only for a writer that is not written to again. */
  view(): Uint8Array {
    return this.buffer.subarray(this.start, this.length);
  }

  /** Forgets what was written since the last `take`, keeps the buffer. */
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

  /** So many bytes, as a copy. */
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
