import type { ProbeBatch } from '#contracts';

/**
 * The batches that this process acknowledged lately. It answers honest retries early and spares the log; that a batch
 * counts once is the scorer's doing, whatever this forgets.
 */
export class AcceptedBatches {
  private readonly seen = new Set<string>();

  constructor(private readonly capacity = 100_000) {}

  has(batch: ProbeBatch): boolean {
    return this.seen.has(keyOf(batch));
  }

  /** Call when the batch is durable, never before. */
  add(batch: ProbeBatch): void {
    this.seen.add(keyOf(batch));
    if (this.seen.size <= this.capacity) return;
    // A Set iterates in order of insertion: the first is the oldest.
    const oldest = this.seen.values().next();
    if (!oldest.done) this.seen.delete(oldest.value);
  }
}

function keyOf(batch: ProbeBatch): string {
  return `${batch.gameId} ${batch.teamId} ${batch.proberId} ${batch.epoch} ${batch.seq}`;
}
