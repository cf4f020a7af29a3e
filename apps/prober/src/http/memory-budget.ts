/** Bytes of answers that are being held, per endpoint and in all. */
export class MemoryBudget {
  private usedBytes = 0;

  /** @param maxBytes of this level; @param parent also charged, e.g. the budget of the whole prober. */
  constructor(
    readonly maxBytes: number,
    private readonly parent?: MemoryBudget,
  ) {}

  get used(): number {
    return this.usedBytes;
  }

  /** Charges `bytes`. Where that is too much nothing is charged, and the level that refused is returned. */
  reserve(bytes: number): MemoryBudget | null {
    if (this.usedBytes + bytes > this.maxBytes) return this;
    const refused = this.parent?.reserve(bytes) ?? null;
    if (refused === null) this.usedBytes += bytes;
    return refused;
  }

  release(bytes: number): void {
    this.usedBytes -= bytes;
    this.parent?.release(bytes);
  }
}
