import type { Span } from '../../record-codec.js';

const SLAB_BYTES = 64 * 1024;
/** Larger values get their own buffer, so that little of a slab is wasted. */
const MAX_SLAB_VALUE_BYTES = SLAB_BYTES / 8;

/**
 * Copies values out of the buffer that lmdb-js reuses for each of them. Many small copies share a slab of memory, because
 * a buffer for each would cost more than the rest of reading.
 */
export class SlabCopier {
  private slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private used = 0;

  /** @param size of the value at the beginning of `bytes`, which may be longer. */
  copy(bytes: Uint8Array, size: number): Span {
    const value = new Uint8Array(bytes.buffer, bytes.byteOffset, size);
    if (size > MAX_SLAB_VALUE_BYTES) {
      const buffer = Buffer.allocUnsafeSlow(size);
      buffer.set(value);
      return { buffer, start: 0, end: size };
    }
    if (this.used + size > SLAB_BYTES) {
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.used = 0;
    }
    const start = this.used;
    this.used += size;
    this.slab.set(value, start);
    return { buffer: this.slab, start, end: this.used };
  }
}
