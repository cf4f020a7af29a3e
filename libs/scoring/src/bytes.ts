import { PaydayError } from '#kernel';

/**
 * Compact binary state: unsigned LEB128 integers (up to 2^53), zigzag for signed ones, and length-prefixed UTF-8.
 * Source of the encodings: https://protobuf.dev/programming-guides/encoding/
 */
export class ByteWriter {
  private buffer = new Uint8Array(256);
  private length = 0;

  /** A safe integer ≥ 0. */
  uint(value: number): this {
    this.reserve(8);
    while (value >= 0x80) {
      this.buffer[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.buffer[this.length++] = value;
    return this;
  }

  /** A safe integer of absolute value < 2^52. */
  int(value: number): this {
    return this.uint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  text(value: string): this {
    return this.bytes(new TextEncoder().encode(value));
  }

  bytes(value: Uint8Array): this {
    this.uint(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return this;
  }

  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private reserve(extra: number): void {
    if (this.length + extra <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extra));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}

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
