import type { Position, StoredRecord } from '../port.js';
import { deliver, type DeliveryContext } from './delivery.js';
import { retrying } from './retry.js';

/** A place in one partition from which records are pulled. */
export interface PartitionReader {
  /** The next records, in order, and moves behind them; none if there are none yet. If it throws, it has not moved. */
  read(): Promise<StoredRecord[]> | StoredRecord[];
  /** Resolves when `read` may find something, or when the signal aborts. May resolve too often, never too late. */
  wait(signal: AbortSignal): Promise<void>;
}

export interface PartitionLoopHooks {
  startAt(): Promise<Position | 'earliest' | 'latest'> | Position | 'earliest' | 'latest';
  /** @throws if there can be no reading from `start`. */
  openReader(start: Position | 'earliest' | 'latest'): Promise<PartitionReader> | PartitionReader;
  /** The place where reading begins is fixed: everything behind it will be handed over. */
  onStarted(): void;
  /** Asked when starting failed: true ends the loop instead of trying again. */
  shouldRelease(error: unknown): boolean;
}

/** Reads one partition for one consumer, one batch at a time, from its assignment until it is stopped. */
export class PartitionLoop {
  private readonly abort = new AbortController();
  private readonly context: DeliveryContext;
  private readonly finished: Promise<void>;
  /** True once the place where reading begins is fixed. */
  started = false;

  constructor(
    context: Omit<DeliveryContext, 'signal'>,
    private readonly hooks: PartitionLoopHooks,
  ) {
    this.context = { ...context, signal: this.abort.signal };
    this.finished = this.run();
  }

  /** Lets the running handler finish, hands nothing more, and resolves then. Repeatable; never rejects. */
  stop(): Promise<void> {
    this.abort.abort();
    return this.finished;
  }

  private async run(): Promise<void> {
    const { signal, timers } = this.context;
    const reader = await this.begin();
    if (reader === undefined || signal.aborted) return;
    this.started = true;
    this.hooks.onStarted();
    while (!signal.aborted) {
      const records = await retrying(this.context, () => reader.read());
      if (records === undefined) return;
      if (records.length > 0) {
        await deliver(this.context, records);
        // Reading and handling may both be synchronous at heart: without this, a long backlog starves the process.
        await timers.nextTurn();
      } else {
        await retrying(this.context, () => reader.wait(signal));
      }
    }
  }

  private begin(): Promise<PartitionReader | undefined> {
    return retrying(this.context, async () => {
      try {
        return await this.hooks.openReader(await this.hooks.startAt());
      } catch (error) {
        if (!this.hooks.shouldRelease(error)) throw error;
        this.abort.abort();
        return undefined;
      }
    });
  }
}
