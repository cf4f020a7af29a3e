import { setImmediate as nextTurn } from 'node:timers/promises';
import { retryUntil } from '#kernel';
import type { Position, StoredRecord } from '../port.js';
import { deliver, type DeliveryContext } from './delivery.js';

/** A cursor in one partition. */
export interface PartitionReader {
  /** Returns the next records, in order, and moves past them; none if there are none yet. It does not move if it throws. */
  read(): Promise<StoredRecord[]> | StoredRecord[];
  /** Resolves when `read` may find records, or when the signal aborts. May resolve too often, never too late. */
  wait(signal: AbortSignal): Promise<void>;
}

export interface PartitionLoopHooks {
  startAt(): Promise<Position | 'earliest' | 'latest'> | Position | 'earliest' | 'latest';
  /** @throws if reading from `start` is impossible. */
  openReader(start: Position | 'earliest' | 'latest'): Promise<PartitionReader> | PartitionReader;
  /** Called when the start is fixed: every later record will be delivered. */
  onStarted(start: Position | 'earliest' | 'latest'): void;
  /** Called when every record of a batch was handled or dead-lettered. */
  onHandled(records: readonly StoredRecord[]): void;
  /** Called after a failed start: true ends the loop instead of retrying. */
  shouldRelease(error: unknown): boolean;
}

/** Reads one partition for one consumer, one batch at a time, from its assignment until it is stopped. */
export class PartitionLoop {
  private readonly abort = new AbortController();
  private readonly context: DeliveryContext;
  private readonly finished: Promise<void>;
  /** True once the start is fixed. */
  started = false;

  constructor(
    context: Omit<DeliveryContext, 'signal'>,
    private readonly hooks: PartitionLoopHooks,
  ) {
    this.context = { ...context, signal: this.abort.signal };
    this.finished = this.run();
  }

  /** Delivers nothing more; resolves when the running handler has finished. Repeatable; never rejects. */
  stop(): Promise<void> {
    this.abort.abort();
    return this.finished;
  }

  private async run(): Promise<void> {
    const { signal } = this.context;
    const begun = await this.begin();
    if (begun === undefined || signal.aborted) return;
    const { reader, start } = begun;
    this.started = true;
    this.hooks.onStarted(start);
    while (!signal.aborted) {
      const records = await retryUntil(this.context, () => reader.read());
      if (records === undefined) return;
      if (records.length > 0) {
        if (await deliver(this.context, records)) this.hooks.onHandled(records);
        // Reading and handling may both be synchronous; without this pause a long backlog starves the process.
        await nextTurn();
      } else {
        await retryUntil(this.context, () => reader.wait(signal));
      }
    }
  }

  private begin(): Promise<{ reader: PartitionReader; start: Position | 'earliest' | 'latest' } | undefined> {
    return retryUntil(this.context, async () => {
      try {
        const start = await this.hooks.startAt();
        return { reader: await this.hooks.openReader(start), start };
      } catch (error) {
        if (!this.hooks.shouldRelease(error)) throw error;
        this.abort.abort();
        return undefined;
      }
    });
  }
}
