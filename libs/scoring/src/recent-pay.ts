import { ByteWriter, type ByteReader } from './bytes.js';

/** Number of windows at the end that are still likely to change. */
const LIVE_WINDOWS = 3;

/** Cents per window over the last minutes of a team, for the trends. */
export class RecentPay {
  /** Window `first + i` earned `cents[i]`. */
  private first = 0;
  private cents: number[] = [];
  /** Windows below this index are no longer needed. */
  private floor = 0;
  /** Cached encoding of the first `count` windows: nearly all of them, and stable from commit to commit. */
  private settled: { count: number; bytes: Uint8Array } | null = null;

  /** @param span minimum number of windows kept before the latest one */
  constructor(private readonly span: number) {}

  add(windowIndex: number, cents: number): void {
    if (windowIndex < this.floor) return;
    if (this.cents.length === 0) this.first = windowIndex;
    // Keeps memory bounded however far ahead a window lies.
    if (windowIndex - this.first > 2 * this.span) this.forgetBelow(windowIndex - this.span);
    if (windowIndex < this.first) {
      if (this.first - windowIndex > 2 * this.span) return;
      this.cents = [...new Array<number>(this.first - windowIndex).fill(0), ...this.cents];
      this.first = windowIndex;
      this.settled = null;
    }
    const at = windowIndex - this.first;
    while (this.cents.length <= at) this.cents.push(0);
    this.cents[at]! += cents;
    if (this.settled !== null && at < this.settled.count) this.settled = null;
  }

  /** Sum over the windows from `from` to `to`, both inclusive. */
  sum(from: number, to: number): number {
    const end = Math.min(this.cents.length, to - this.first + 1);
    let sum = 0;
    for (let i = Math.max(0, from - this.first); i < end; i++) sum += this.cents[i]!;
    return sum;
  }

  forgetBelow(windowIndex: number): void {
    if (windowIndex <= this.floor) return;
    this.floor = windowIndex;
    const count = Math.min(this.cents.length, windowIndex - this.first);
    if (count <= 0) return;
    this.cents.splice(0, count);
    this.first += count;
    if (this.cents.length === 0) this.first = windowIndex;
    this.settled = null;
  }

  clear(): void {
    this.cents = [];
    this.settled = null;
  }

  write(out: ByteWriter): void {
    const settling = Math.max(0, this.cents.length - LIVE_WINDOWS);
    if (this.settled === null || this.settled.count < settling) {
      scratch.clear();
      for (let i = 0; i < settling; i++) scratch.int(this.cents[i]!);
      this.settled = { count: settling, bytes: scratch.finish() };
    }
    out.uint(this.floor).uint(this.first).uint(this.cents.length).raw(this.settled.bytes);
    for (let i = this.settled.count; i < this.cents.length; i++) out.int(this.cents[i]!);
  }

  static read(span: number, from: ByteReader): RecentPay {
    const out = new RecentPay(span);
    out.floor = from.uint();
    out.first = from.uint();
    for (let n = from.uint(); n > 0; n--) out.cents.push(from.int());
    return out;
  }
}

const scratch = new ByteWriter(1024);
