const MIB = 1024 * 1024;

/** Leaks leave the machine at least this much memory, whatever their cap. */
const MACHINE_RESERVE_BYTES = 768 * MIB;

/** A resizable `ArrayBuffer`: shrinking returns memory at once instead of at a later garbage collection. */
interface ResizableArrayBuffer extends ArrayBuffer {
  resize(bytes: number): void;
}

/**
 * Real memory that a leak holds. It grows up to a cap; when the machine runs short it stops growing, while `leakedBytes`
 * keeps counting, so that customers see the same on every machine.
 */
export class LeakyMemory {
  private leaked = 0;
  private readonly buffer: ResizableArrayBuffer;

  /** @param availableBytes memory that the machine can still give. */
  constructor(
    readonly capBytes: number,
    private readonly availableBytes: () => number,
  ) {
    const Resizable = ArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => ResizableArrayBuffer;
    this.buffer = new Resizable(0, { maxByteLength: capBytes });
  }

  get leakedBytes(): number {
    return this.leaked;
  }

  /** The memory actually held. At most `leakedBytes`. */
  get heldBytes(): number {
    return this.buffer.byteLength;
  }

  leak(bytes: number): void {
    this.leaked = Math.min(this.capBytes, this.leaked + bytes);
    const wanted = this.leaked - this.heldBytes;
    if (wanted <= 0 || this.availableBytes() - wanted < MACHINE_RESERVE_BYTES) return;
    const before = this.heldBytes;
    this.buffer.resize(this.leaked);
    // Untouched pages take no memory.
    new Uint8Array(this.buffer, before).fill(1);
  }

  /** Releases all memory. */
  release(): void {
    this.buffer.resize(0);
  }
}
