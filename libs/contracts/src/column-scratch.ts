import { BYTES, VARINT, WireReader, invalid, truncated } from './probe-batch-wire.js';

/**
 * A growing list of uint32 that is reused for every message: columns are collected in it and copied out at
 * their exact size, so that the length that a sender claims never decides an allocation.
 */
export class ColumnScratch {
  private values = new Uint32Array(1024);
  private length = 0;

  constructor(
    readonly name: string,
    readonly maxLength: number,
    /** Values of one, two and three bytes are mixed, so branch prediction on their lengths fails. */
    private readonly mixed = false,
  ) {}

  clear(): void {
    this.length = 0;
  }

  get count(): number {
    return this.length;
  }

  /** Copies the values to `target` from index `at` on. */
  copyTo(target: Uint32Array, at: number): void {
    const values = this.values;
    const count = this.length;
    for (let i = 0; i < count; i++) target[at + i] = values[i]!;
  }

  /** Appends one value (a repeated field that is not packed) or a packed run of values. */
  read(reader: WireReader, type: number): void {
    if (type === BYTES) this.readPacked(reader, reader.lengthEnd(this.name));
    else if (type === VARINT) this.push(reader.uint(this.name));
    else throw truncated(`${this.name} has wire type ${type}, not ${VARINT} or ${BYTES}`);
  }

  private push(value: number): void {
    if (value > 0xffff_ffff) throw invalid(`${this.name}[${this.length}] is ${value}, above 2^32 − 1`);
    this.reserve(1);
    this.values[this.length++] = value;
  }

  /** Makes room for up to `more` values, as far as `maxLength` allows. */
  private reserve(more: number): void {
    if (this.length === this.maxLength)
      throw invalid(`${this.name} has more than ${this.maxLength} values, the most in one batch`);
    const needed = Math.min(this.length + more, this.maxLength);
    if (needed <= this.values.length) return;
    const grown = new Uint32Array(Math.min(Math.max(needed, this.values.length * 2), this.maxLength));
    grown.set(this.values);
    this.values = grown;
  }

  /** The hot loop: everything it touches is a local. Values of up to four bytes take the fast path. */
  private readPacked(reader: WireReader, end: number): void {
    let pos = reader.pos;
    if (pos === end) return;
    // Every value takes a byte or more, so this much room is enough.
    this.reserve(end - pos);
    const { bytes } = reader;
    const values = this.values;
    const max = this.maxLength;
    let count = this.length;
    while (pos < end) {
      // Each iteration of the inner loop stores one value and reads at most four bytes.
      const fastEnd = Math.min(end - 3, pos + max - count);
      if (this.mixed) {
        // No branch per byte: a misprediction costs more than reading three bytes of each value.
        while (pos < fastEnd) {
          const first = bytes[pos]!;
          const second = bytes[pos + 1]!;
          const third = bytes[pos + 2]!;
          const hasSecond = first >>> 7;
          const hasThird = hasSecond & (second >>> 7);
          if ((hasThird & (third >>> 7)) !== 0) break;
          values[count++] =
            (first & 0x7f) | (((second & 0x7f) << 7) & -hasSecond) | ((third << 14) & -hasThird);
          pos += 1 + hasSecond + hasThird;
        }
      }
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
      // Close to the end, or a long varint: the slow path, bounded by this run of values.
      const tail = new WireReader(bytes, pos, end);
      this.length = count;
      this.push(tail.uint(this.name));
      count = this.length;
      pos = tail.pos;
    }
    this.length = count;
    reader.pos = pos;
  }
}

// A buffer of its own for each batch costs more than reading its values, so batches share one: it lives as long as the
// last of some hundred batches that were decoded one after the other.
const SLAB_VALUES = 32 * 1024;
let slab = new Uint32Array(0);
let slabUsed = 0;

/** Room for the columns of one batch: zeros. */
export function columnRoom(length: number): Uint32Array {
  if (length > SLAB_VALUES / 8) return new Uint32Array(length);
  if (slabUsed + length > slab.length) {
    slab = new Uint32Array(SLAB_VALUES);
    slabUsed = 0;
  }
  return slab.subarray(slabUsed, (slabUsed += length));
}
