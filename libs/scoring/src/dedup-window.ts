import type { ByteReader, ByteWriter } from './bytes.js';

/**
 * Which sequence numbers have been seen: everything below `base`, plus a sparse bitmap above it. With consecutive
 * numbers the base keeps up and the set stays a few bytes, whatever the order of arrival.
 */
export class DedupWindow {
  /** All numbers below are seen. */
  private base = 0;
  /** 32 numbers per word; key k covers [32k, 32k + 32). Words wholly below `base` are dropped. */
  private readonly words = new Map<number, number>();

  /** Marks `seq` (an integer ≥ 0) as seen. @returns false if it was seen before. */
  add(seq: number): boolean {
    if (seq < this.base) return false;
    if (seq === this.base && this.words.size === 0) {
      this.base++;
      return true;
    }
    const key = Math.floor(seq / 32);
    const bit = 1 << (seq % 32);
    const word = this.words.get(key) ?? 0;
    if ((word & bit) !== 0) return false;
    this.words.set(key, word | bit);
    this.advance();
    return true;
  }

  has(seq: number): boolean {
    return seq < this.base || ((this.words.get(Math.floor(seq / 32)) ?? 0) & (1 << (seq % 32))) !== 0;
  }

  write(out: ByteWriter): void {
    out.uint(this.base).uint(this.words.size);
    for (const [key, word] of [...this.words].sort((a, b) => a[0] - b[0])) out.uint(key).uint(word >>> 0);
  }

  static read(from: ByteReader): DedupWindow {
    const out = new DedupWindow();
    out.base = from.uint();
    for (let n = from.uint(); n > 0; n--) out.words.set(from.uint(), from.uint() | 0);
    return out;
  }

  private advance(): void {
    for (;;) {
      const key = Math.floor(this.base / 32);
      const word = this.words.get(key);
      if (word === undefined || (word & (1 << (this.base % 32))) === 0) return;
      this.base++;
      if (this.base % 32 === 0) this.words.delete(key);
    }
  }
}
