import type { ProbeBatch } from '#contracts';

/**
 * Batches that this process acknowledged recently. It answers retries early and spares the log; the scorer ensures that a
 * batch counts once, whatever has been evicted here.
 */
export class AcceptedBatches {
  private readonly seen = new Set<string>();

  constructor(private readonly capacity = 100_000) {}

  has(batch: ProbeBatch): boolean {
    return this.seen.has(keyOf(batch));
  }

  /** Call it once the batch is durable, never earlier. */
  add(batch: ProbeBatch): void {
    this.seen.add(keyOf(batch));
    if (this.seen.size <= this.capacity) return;
    // A Set iterates in insertion order, so the first entry is the oldest.
    const oldest = this.seen.values().next();
    if (!oldest.done) this.seen.delete(oldest.value);
  }
}

function keyOf(batch: ProbeBatch): string {
  return `${batch.gameId} ${batch.teamId} ${batch.proberId} ${batch.epoch} ${batch.seq}`;
}
