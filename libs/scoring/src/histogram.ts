import { ByteReader, ByteWriter } from './bytes.js';

/**
 * A mergeable histogram of latencies in whole microseconds: 64 linear buckets per power of two, as in
 * HdrHistogram (http://hdrhistogram.org). A value is off by at most 1/128 (0.8 %) when read back as its bucket's
 * middle. Adding and merging only count, so the result never depends on order.
 *
 * The first values are kept as a sorted list of their buckets: at usual loads a window holds few, and a list costs a
 * tenth of the memory and time of an array of counts.
 */
export class LatencyHistogram {
  /** Bucket `low + i` holds `counts[i]` values. For the counting loop; empty while the values are few. */
  low = 0;
  counts: Uint32Array = EMPTY;
  /** Buckets of the first values, ascending, one entry per value; null once they are in `counts`. */
  private few: number[] | null = [];

  /** Number of values. */
  get count(): number {
    if (this.few !== null) return this.few.length;
    let sum = 0;
    for (let i = 0; i < this.counts.length; i++) sum += this.counts[i]!;
    return sum;
  }

  /** @param latencyUs an integer in [0, 2^31) */
  add(latencyUs: number): void {
    this.addBucket(bucketOf(latencyUs));
  }

  addBucket(bucket: number): void {
    const { few } = this;
    if (few === null) this.addAt(bucket, 1);
    else if (few.length < MAX_FEW) {
      let i = few.length;
      while (i > 0 && few[i - 1]! > bucket) {
        few[i] = few[i - 1]!;
        i--;
      }
      few[i] = bucket;
    } else {
      this.spread();
      this.addAt(bucket, 1);
    }
  }

  merge(other: LatencyHistogram): void {
    if (other.few !== null) {
      for (const bucket of other.few) this.addBucket(bucket);
      return;
    }
    this.spread();
    for (let i = 0; i < other.counts.length; i++) {
      const count = other.counts[i]!;
      if (count > 0) this.addAt(other.low + i, count);
    }
  }

  /** Adds every count to `sums[bucket]`. @returns the number of values */
  addTo(sums: Uint32Array): number {
    const { few, counts, low } = this;
    if (few !== null) {
      for (let i = 0; i < few.length; i++) sums[few[i]!]!++;
      return few.length;
    }
    let total = 0;
    for (let i = 0; i < counts.length; i++) {
      const count = counts[i]!;
      sums[low + i]! += count;
      total += count;
    }
    return total;
  }

  /** No value lies in a bucket below. */
  get lowest(): number {
    return this.few === null ? this.low : (this.few[0] ?? 0);
  }

  /** No value lies in this bucket or above. */
  get end(): number {
    const { few } = this;
    return few === null ? this.low + this.counts.length : few.length === 0 ? 0 : few[few.length - 1]! + 1;
  }

  /** The latency in µs that `percent` (0 < percent ≤ 100) of the values don't exceed; null when empty. */
  percentile(percent: number): number | null {
    return percentileOf([this], percent);
  }

  /**
   * Number of filled buckets, then for each the distance from the one before and its count. The same values give the same
   * bytes, however they came.
   */
  write(out: ByteWriter): void {
    const { few } = this;
    if (few === null) {
      out.counts(this.low, this.counts);
      return;
    }
    let filled = 0;
    for (let i = 0; i < few.length; i++) if (i === 0 || few[i] !== few[i - 1]) filled++;
    out.uint14(filled);
    let previous = 0;
    for (let i = 0; i < few.length;) {
      const bucket = few[i]!;
      let end = i + 1;
      while (end < few.length && few[end] === bucket) end++;
      out.uint(bucket - previous).uint(end - i);
      previous = bucket;
      i = end;
    }
  }

  /** @throws PaydayError `corrupt_state` */
  static read(from: ByteReader): LatencyHistogram {
    const out = new LatencyHistogram();
    let bucket = 0;
    for (let filled = from.uint(); filled > 0; filled--) {
      bucket += from.uint();
      const count = from.uint();
      if (out.few !== null && out.few.length + count <= MAX_FEW)
        for (let i = 0; i < count; i++) out.few.push(bucket);
      else {
        out.spread();
        out.addAt(bucket, count);
      }
    }
    return out;
  }

  private spread(): void {
    const { few } = this;
    this.few = null;
    if (few !== null) {
      if (few.length > 0) this.grow(few[0]!, few[few.length - 1]!);
      for (const bucket of few) this.counts[bucket - this.low]!++;
    }
  }

  private addAt(bucket: number, count: number): void {
    if (bucket < this.low || bucket >= this.low + this.counts.length) this.grow(bucket, bucket);
    this.counts[bucket - this.low]! += count;
  }

  /** Makes room for the buckets from `least` to `most`, both inclusive, and some more. */
  private grow(least: number, most: number): void {
    const { counts, low } = this;
    const from = Math.max(0, Math.min(least - MARGIN, counts.length > 0 ? low : Infinity));
    const to = Math.max(Math.min(most + MARGIN, BUCKETS), counts.length > 0 ? low + counts.length : 0);
    const grown = zeros(to - from);
    grown.set(counts, counts.length > 0 ? low - from : 0);
    this.low = from;
    this.counts = grown;
  }
}

const EMPTY = new Uint32Array(0);
/** So many values are kept as a list. */
const MAX_FEW = 48;
/** Room beyond a value that lies outside: half a power of two. */
const MARGIN = 32;
const SUB_BITS = 6;
/** Number of buckets: `bucketOf` of every latency is below. */
export const BUCKETS = ((31 - SUB_BITS) << SUB_BITS) + (1 << SUB_BITS);
/** All zero between uses. */
const scratch = new Uint32Array(BUCKETS);

// Arrays of counts are cut from a larger one, which costs a tenth. They live and die together, with their windows.
const SLAB_COUNTS = 16 * 1024;
let slab = new Uint32Array(SLAB_COUNTS);
let slabUsed = 0;

function zeros(length: number): Uint32Array {
  if (slabUsed + length > SLAB_COUNTS) {
    slab = new Uint32Array(SLAB_COUNTS);
    slabUsed = 0;
  }
  return slab.subarray(slabUsed, (slabUsed += length));
}

export function bucketOf(latencyUs: number): number {
  if (latencyUs < 1 << (SUB_BITS + 1)) return latencyUs;
  const shift = 31 - Math.clz32(latencyUs) - SUB_BITS;
  return (shift << SUB_BITS) + (latencyUs >>> shift);
}

/** The least latency in µs that falls into the bucket. */
export function startOfBucket(bucket: number): number {
  if (bucket < 1 << (SUB_BITS + 1)) return bucket;
  const shift = (bucket >> SUB_BITS) - 1;
  return (bucket - (shift << SUB_BITS)) * 2 ** shift;
}

function middleOf(bucket: number): number {
  const start = startOfBucket(bucket);
  return start + Math.floor((startOfBucket(bucket + 1) - start) / 2);
}

/** The percentile over all values of several histograms; null when there are none. */
export function percentileOf(histograms: readonly LatencyHistogram[], percent: number): number | null {
  let total = 0;
  let low = BUCKETS;
  let end = 0;
  for (const histogram of histograms) {
    const count = histogram.addTo(scratch);
    if (count === 0) continue;
    total += count;
    low = Math.min(low, histogram.lowest);
    end = Math.max(end, histogram.end);
  }
  if (total === 0) return null;
  const rank = Math.ceil((total * percent) / 100);
  let bucket = low;
  for (let seen = scratch[bucket]!; seen < rank;) seen += scratch[++bucket]!;
  scratch.fill(0, low, end);
  return middleOf(bucket);
}

/** The stored form of a ledger row's latencies. */
export function encodeHistogram(histogram: LatencyHistogram): Uint8Array {
  histogram.write(rowWriter.clear());
  return rowWriter.take();
}

const rowWriter = new ByteWriter(4096);

/** @throws PaydayError `corrupt_state` */
export function decodeHistogram(bytes: Uint8Array): LatencyHistogram {
  return LatencyHistogram.read(new ByteReader(bytes));
}
