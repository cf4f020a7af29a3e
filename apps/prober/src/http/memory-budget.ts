/** Limits the bytes of answers in memory, per endpoint and in total. */
export class MemoryBudget {
  private usedBytes = 0;

  /** @param maxBytes limit of this level @param parent also charged, e.g. the budget of the whole prober */
  constructor(
    readonly maxBytes: number,
    private readonly parent?: MemoryBudget,
  ) {}

  get used(): number {
    return this.usedBytes;
  }

  /** Charges `bytes`. If that exceeds a limit, charges nothing and returns the level that refused. */
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
