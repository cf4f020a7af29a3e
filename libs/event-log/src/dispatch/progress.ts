import { Deferred, PaydayError, retryUntil, type RetryPolicy } from '#kernel';
import { logClosed } from '../errors.js';
import type { Position, StoredRecord } from '../port.js';
import { comparePositions } from '../positions.js';

type Place = Position | 'earliest' | 'latest';

/** How far a consumer has handled each partition that it reads. */
export class Progress {
  /** By partition: the last handled record, or where reading began. */
  private readonly places = new Map<number, Place>();
  private readonly waiting = new Set<() => void>();
  private isClosed = false;

  begin(partition: number, start: Place): void {
    this.places.set(partition, start);
  }

  handled(partition: number, records: readonly StoredRecord[]): void {
    if (this.places.has(partition)) this.places.set(partition, records.at(-1)!.position);
    this.notify();
  }

  /** The partition is no longer read here. */
  drop(partition: number): void {
    this.places.delete(partition);
    this.notify();
  }

  close(): void {
    this.isClosed = true;
    this.notify();
  }

  /**
   * Resolves when each partition has reached its present end or was dropped.
   * @param policy ends with the consumer
   * @throws PaydayError `log_closed` if the consumer closes before
   */
  async caughtUp(
    policy: RetryPolicy,
    endPositions: () => Promise<readonly (Position | null)[]>,
  ): Promise<void> {
    const mayRetry = (error: unknown): boolean => error instanceof PaydayError && error.retryable;
    const ends = (await retryUntil({ ...policy, mayRetry }, endPositions)) ?? [];
    const reached = new Deferred();
    const check = (): void => {
      if (this.isClosed) reached.reject(logClosed());
      else if (!ends.some((end, partition) => this.isBehind(partition, end))) reached.resolve();
    };
    this.waiting.add(check);
    check();
    await reached.promise.finally(() => this.waiting.delete(check));
  }

  private isBehind(partition: number, end: Position | null): boolean {
    const place = this.places.get(partition);
    if (end === null || place === undefined || place === 'latest') return false;
    return place === 'earliest' || comparePositions(place, end) < 0;
  }

  private notify(): void {
    for (const check of this.waiting) check();
  }
}
