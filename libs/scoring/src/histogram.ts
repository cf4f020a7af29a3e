import { PaydayError } from '#kernel';
import { ByteReader, ByteWriter } from './bytes.js';

/**
 * A mergeable histogram of latencies in whole microseconds: 64 linear buckets per power of two, as in
 * HdrHistogram (http://hdrhistogram.org). A value is off by at most 1/128 (0.8 %) when read back as its bucket's
 * middle. Adding and merging only count, so the result never depends on order.
 *
 * The first values are a sorted list of their buckets: at usual loads a window holds few values, and a list costs less
 * than an array of counts. Each count takes one byte, since few buckets of a window ever exceed it; the overflow is stored
 * separately.
 */
export class LatencyHistogram {
  /**
   * Bucket `low + i` holds `counts[i]` values, modulo 256. The counting loop calls `carry` when a count wraps to 0.
   * Empty while the values are few. It spans the groups (see `GROUP`) of the smallest and the largest value.
   */
  low = 0;
  counts: Uint8Array = EMPTY;
  /** Number of values. */
  count = 0;
  /** Buckets of the first values, ascending, one entry per value; null once they are in `counts`. */
  private few: number[] | null = [];
  /** By bucket: how often its count wrapped to 0. */
  private carries: Map<number, number> | null = null;
  /** Number of values by group, starting with the group of `low`; null if not summed yet. */
  private sums: number[] | null = null;

  /** @param latencyUs an integer in [0, 2^31) */
  add(latencyUs: number): void {
    this.addBucket(bucketOf(latencyUs));
    this.counted(1);
  }

  /** Adds a value; the caller must call `counted`. */
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

  /** Call it after adding `count` values to `counts` or by `addBucket`. */
  counted(values: number): void {
    this.count += values;
    this.sums = null;
  }

  /** Records that the bucket's count wrapped from 255 to 0. */
  carry(bucket: number, times = 1): void {
    this.carries ??= new Map();
    this.carries.set(bucket, (this.carries.get(bucket) ?? 0) + times);
  }

  merge(other: LatencyHistogram): void {
    if (other.few !== null) for (const bucket of other.few) this.addBucket(bucket);
    else {
      this.spread();
      for (let i = 0; i < other.counts.length; i++) {
        const count = other.counts[i]!;
        if (count > 0) this.addAt(other.low + i, count);
      }
      for (const [bucket, times] of other.carries ?? NONE) this.addAt(bucket, times * 256);
    }
    this.counted(other.count);
  }

  /** Adds the number of values in each group to `sums[group]`. */
  addGroupsTo(sums: Uint32Array): void {
    if (this.few !== null) {
      for (const bucket of this.few) sums[bucket >> GROUP_BITS]!++;
      return;
    }
    this.sums ??= this.groupSums();
    const first = this.low >> GROUP_BITS;
    for (let i = 0; i < this.sums.length; i++) sums[first + i]! += this.sums[i]!;
  }

  /** Adds the counts of a group's buckets to `sums`, which begins with the group's first bucket. */
  addGroupTo(group: number, sums: Uint32Array): void {
    const { few, counts, low, carries } = this;
    const first = group << GROUP_BITS;
    if (few !== null) {
      for (const bucket of few) if (bucket >> GROUP_BITS === group) sums[bucket - first]!++;
      return;
    }
    const from = first - low;
    if (from < 0 || from >= counts.length) return;
    for (let i = 0; i < GROUP; i++) sums[i]! += counts[from + i]!;
    for (const [bucket, times] of carries ?? NONE)
      if (bucket >> GROUP_BITS === group) sums[bucket - first]! += times * 256;
  }

  private groupSums(): number[] {
    const { counts, low } = this;
    const out: number[] = [];
    for (let from = 0; from < counts.length; from += GROUP) {
      let sum = 0;
      for (let i = from; i < from + GROUP; i++) sum += counts[i]!;
      out.push(sum);
    }
    for (const [bucket, times] of this.carries ?? NONE) out[(bucket - low) >> GROUP_BITS]! += times * 256;
    return out;
  }

  /** The latency in µs that `percent` (0 < percent ≤ 100) of the values don't exceed; null when empty. */
  percentile(percent: number): number | null {
    return percentileOf([this], percent);
  }

  /**
   * Sparse form: the number of non-empty buckets, then for each its distance from the previous one and its count. Dense form: `DENSE`,
   * the first group, the number of groups, a byte for each of their buckets, then the number of buckets that hold 256 values
   * or more, and for each its number and the multiple of 256. The same values give the same bytes in any order.
   */
  write(out: ByteWriter): void {
    const { few, counts, carries, low } = this;
    if (few !== null) writeFew(few, out);
    else if (carries === null && this.count < counts.length) out.counts(low, counts);
    else {
      out.uint14(DENSE);
      out.uint(low >> GROUP_BITS).uint(counts.length >> GROUP_BITS);
      out.raw(counts).uint(carries?.size ?? 0);
      for (const [bucket, times] of [...(carries ?? NONE)].sort(([a], [b]) => a - b))
        out.uint(bucket).uint(times);
    }
  }

  /** @throws PaydayError `corrupt_state` */
  static read(from: ByteReader): LatencyHistogram {
    const out = new LatencyHistogram();
    const filled = from.uint();
    if (filled === DENSE) out.readDense(from);
    let bucket = 0;
    for (let left = filled === DENSE ? 0 : filled; left > 0; left--) {
      bucket += from.uint();
      const count = from.uint();
      if (out.few !== null && out.few.length + count <= MAX_FEW)
        for (let i = 0; i < count; i++) out.few.push(bucket);
      else {
        out.spread();
        out.addAt(bucket, count);
      }
      out.counted(count);
    }
    return out;
  }

  private readDense(from: ByteReader): void {
    this.spread();
    const first = from.uint();
    const groups = from.uint();
    if (first + groups > BUCKETS >> GROUP_BITS)
      throw new PaydayError('corrupt_state', `a stored histogram has groups up to ${first + groups}`);
    const low = first << GROUP_BITS;
    const bytes = from.raw(groups << GROUP_BITS);
    for (let i = 0; i < bytes.length; i++) {
      const count = bytes[i]!;
      if (count === 0) continue;
      this.addAt(low + i, count);
      this.counted(count);
    }
    for (let left = from.uint(); left > 0; left--) {
      const bucket = from.uint();
      const count = from.uint() * 256;
      this.addAt(bucket, count);
      this.counted(count);
    }
  }

  private spread(): void {
    const { few } = this;
    this.few = null;
    if (few !== null) for (const bucket of few) this.addAt(bucket, 1);
  }

  private addAt(bucket: number, count: number): void {
    if (bucket < this.low || bucket >= this.low + this.counts.length) this.grow(bucket);
    const sum = this.counts[bucket - this.low]! + count;
    this.counts[bucket - this.low] = sum;
    if (sum >= 256) this.carry(bucket, Math.floor(sum / 256));
  }

  /** Makes room for the bucket's group and all groups in between. */
  private grow(bucket: number): void {
    const { counts, low } = this;
    const group = bucket & -GROUP;
    const from = counts.length > 0 ? Math.min(group, low) : group;
    const to = counts.length > 0 ? Math.max(group + GROUP, low + counts.length) : group + GROUP;
    const grown = zeros(to - from);
    grown.set(counts, counts.length > 0 ? low - from : 0);
    this.low = from;
    this.counts = grown;
  }
}

function writeFew(few: readonly number[], out: ByteWriter): void {
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

const EMPTY = new Uint8Array(0);
const NONE: ReadonlyMap<number, number> = new Map();
/** Largest number of values kept as a list. */
const MAX_FEW = 48;
const SUB_BITS = 6;
/** Number of buckets: `bucketOf` is always below it. */
export const BUCKETS = ((31 - SUB_BITS) << SUB_BITS) + (1 << SUB_BITS);
/** Buckets per group. Counts are kept in whole groups; each group covers one power of two of latencies. */
const GROUP_BITS = SUB_BITS;
const GROUP = 1 << GROUP_BITS;
/** Marks the dense form: larger than any number of non-empty buckets. */
const DENSE = 0x2000;
/** Scratch arrays, all zero between uses. */
const groupScratch = new Uint32Array(BUCKETS >> GROUP_BITS);
const bucketScratch = new Uint32Array(GROUP);

// Arrays of counts are slices of a larger one, which costs a tenth. They are released together, with their windows.
const SLAB_COUNTS = 64 * 1024;
let slab = new Uint8Array(SLAB_COUNTS);
let slabUsed = 0;

function zeros(length: number): Uint8Array {
  if (slabUsed + length > SLAB_COUNTS) {
    slab = new Uint8Array(SLAB_COUNTS);
    slabUsed = 0;
  }
  return slab.subarray(slabUsed, (slabUsed += length));
}

export function bucketOf(latencyUs: number): number {
  if (latencyUs < 1 << (SUB_BITS + 1)) return latencyUs;
  const shift = 31 - Math.clz32(latencyUs) - SUB_BITS;
  return (shift << SUB_BITS) + (latencyUs >>> shift);
}

/** The lowest latency in µs that falls into the bucket. */
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
  for (const histogram of histograms) total += histogram.count;
  if (total === 0) return null;
  let rank = Math.ceil((total * percent) / 100);
  for (const histogram of histograms) histogram.addGroupsTo(groupScratch);
  let group = 0;
  for (; groupScratch[group]! < rank; group++) rank -= groupScratch[group]!;
  groupScratch.fill(0);
  for (const histogram of histograms) histogram.addGroupTo(group, bucketScratch);
  let bucket = 0;
  for (; bucketScratch[bucket]! < rank; bucket++) rank -= bucketScratch[bucket]!;
  bucketScratch.fill(0);
  return middleOf((group << GROUP_BITS) + bucket);
}

/** The stored form of a ledger row's latencies. */
export function encodeHistogram(histogram: LatencyHistogram): Uint8Array {
  histogram.write(rowWriter.clear());
  return rowWriter.takeWritten();
}

const rowWriter = new ByteWriter(32 * 1024);

/** @throws PaydayError `corrupt_state` */
export function decodeHistogram(bytes: Uint8Array): LatencyHistogram {
  return LatencyHistogram.read(new ByteReader(bytes));
}
