const MIB = 1024 * 1024;

/** Leaks leave the machine at least this much memory, whatever they were told. */
const MACHINE_RESERVE_BYTES = 768 * MIB;

/** An `ArrayBuffer` that can shrink: what it loses goes back to the machine at once, not at some garbage collection. */
interface ResizableArrayBuffer extends ArrayBuffer {
  resize(bytes: number): void;
}

/**
 * Real memory that a leak holds. It grows up to a cap; where the machine runs short it stops growing, while `leakedBytes`
 * counts on, so that what customers feel doesn't depend on the machine.
 */
export class LeakyMemory {
  private leaked = 0;
  private readonly buffer: ResizableArrayBuffer;

  /** @param availableBytes what the machine could still give to anybody. */
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

  /** What is really held. At most `leakedBytes`. */
  get heldBytes(): number {
    return this.buffer.byteLength;
  }

  leak(bytes: number): void {
    this.leaked = Math.min(this.capBytes, this.leaked + bytes);
    const wanted = this.leaked - this.heldBytes;
    if (wanted <= 0 || this.availableBytes() - wanted < MACHINE_RESERVE_BYTES) return;
    const before = this.heldBytes;
    this.buffer.resize(this.leaked);
    // Untouched pages would cost nothing.
    new Uint8Array(this.buffer, before).fill(1);
  }

  /** Gives everything back. */
  release(): void {
    this.buffer.resize(0);
  }
}
