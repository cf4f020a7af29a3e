import type { ByteReader, ByteWriter } from './bytes.js';
import { ByteReader as Reader, ByteWriter as Writer } from './bytes.js';

/**
 * A mergeable histogram of latencies in whole microseconds: 64 linear buckets per power of two, as in
 * HdrHistogram (http://hdrhistogram.org). A value is off by at most 1/128 (0.8 %) when read back as its bucket's
 * middle. Adding and merging only count, so the result never depends on order.
 */
export class LatencyHistogram {
  /** Index of the first bucket in `counts`. */
  private low = 0;
  private counts: Uint32Array = EMPTY;
  private total = 0;

  get count(): number {
    return this.total;
  }

  /** @param latencyUs an integer in [0, 2^31) */
  add(latencyUs: number): void {
    const offset = bucketOf(latencyUs) - this.low;
    if (offset >= 0 && offset < this.counts.length) this.counts[offset]!++;
    else this.addAt(offset + this.low, 1);
    this.total++;
  }

  merge(other: LatencyHistogram): void {
    for (let i = 0; i < other.counts.length; i++) {
      const count = other.counts[i]!;
      if (count > 0) this.addAt(other.low + i, count);
    }
    this.total += other.total;
  }

  /** The latency in µs that `percent` (0 < percent ≤ 100) of the values don't exceed; null when empty. */
  percentile(percent: number): number | null {
    if (this.total === 0) return null;
    const rank = Math.ceil((this.total * percent) / 100);
    let seen = 0;
    for (let i = 0; i < this.counts.length; i++) {
      seen += this.counts[i]!;
      if (seen >= rank) return middleOf(this.low + i);
    }
    return middleOf(this.low + this.counts.length - 1);
  }

  write(out: ByteWriter): void {
    let filled = 0;
    for (const count of this.counts) if (count > 0) filled++;
    out.uint(filled);
    let previous = 0;
    for (let i = 0; i < this.counts.length; i++) {
      if (this.counts[i] === 0) continue;
      out.uint(this.low + i - previous).uint(this.counts[i]!);
      previous = this.low + i;
    }
  }

  static read(from: ByteReader): LatencyHistogram {
    const out = new LatencyHistogram();
    let bucket = 0;
    for (let filled = from.uint(); filled > 0; filled--) {
      bucket += from.uint();
      const count = from.uint();
      out.addAt(bucket, count);
      out.total += count;
    }
    return out;
  }

  private addAt(bucket: number, count: number): void {
    if (this.counts.length === 0) {
      this.low = Math.max(0, bucket - GROWTH / 2);
      this.counts = new Uint32Array(GROWTH);
    } else if (bucket < this.low || bucket >= this.low + this.counts.length) {
      const low = Math.min(this.low, Math.max(0, bucket - GROWTH / 2));
      const end = Math.max(this.low + this.counts.length, bucket + GROWTH / 2);
      const grown = new Uint32Array(end - low);
      grown.set(this.counts, this.low - low);
      this.low = low;
      this.counts = grown;
    }
    this.counts[bucket - this.low]! += count;
  }
}

const EMPTY = new Uint32Array(0);
/** How many buckets are added at once: half a power of two to each side. */
const GROWTH = 64;
const SUB_BITS = 6;

function bucketOf(value: number): number {
  if (value < 1 << (SUB_BITS + 1)) return value;
  const shift = 31 - Math.clz32(value) - SUB_BITS;
  return (shift << SUB_BITS) + (value >>> shift);
}

function middleOf(bucket: number): number {
  if (bucket < 1 << (SUB_BITS + 1)) return bucket;
  const shift = (bucket >> SUB_BITS) - 1;
  const start = (bucket - (shift << SUB_BITS)) * 2 ** shift;
  return start + Math.floor(2 ** shift / 2);
}

/** The stored form of a ledger row's latencies. */
export function encodeHistogram(histogram: LatencyHistogram): Uint8Array {
  const out = new Writer();
  histogram.write(out);
  return out.finish();
}

/** @throws PaydayError `corrupt_state` */
export function decodeHistogram(bytes: Uint8Array): LatencyHistogram {
  return LatencyHistogram.read(new Reader(bytes));
}
