import type { PartitionReader } from '../../dispatch/partition-loop.js';
import type { StoredRecord } from '../../port.js';
import { fromWire } from './record-codec.js';
import type { FetchedMessage } from './wire.js';

/** Approximate size limit of a handler's batch. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** Fetching ahead of the handler pauses above this size; one more fetch may be in flight. */
const READ_AHEAD_BYTES = 2 * 1024 * 1024;

/** The fetched records of one partition that the handler has not received: the fetcher fills it, the loop drains it. */
export class Feed implements PartitionReader {
  private records: StoredRecord[] = [];
  private bytes = 0;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;
  /** The offset after the partition's last known record. */
  highWatermark: bigint;

  /** @param nextOffset the offset to fetch from. */
  constructor(
    readonly partition: number,
    public nextOffset: bigint,
    private readonly maxRecords: number,
    private readonly onDrained: () => void,
  ) {
    this.highWatermark = nextOffset;
  }

  /** Whether more should be fetched. */
  get wantsMore(): boolean {
    return this.bytes < READ_AHEAD_BYTES && this.failure === undefined;
  }

  /** True if the broker has records that this feed should have received. */
  get lags(): boolean {
    return this.wantsMore && this.highWatermark > this.nextOffset;
  }

  /** Adds the result of a fetch from `nextOffset`. Batches are fetched whole, so the first may begin before that offset. */
  add(messages: readonly FetchedMessage[], highWatermark: bigint): void {
    this.highWatermark = highWatermark;
    for (const message of messages) {
      const offset = BigInt(message.offset);
      if (offset < this.nextOffset) continue;
      this.nextOffset = offset + 1n;
      if (message.isControlRecord) continue;
      const record = fromWire(message, this.partition);
      this.records.push(record);
      this.bytes += record.value.byteLength + record.key.length;
    }
    if (this.records.length > 0) this.wake?.();
  }

  /** Makes the loop's next `read` reject with the error; fetching is retried after that. */
  fail(error: Error): void {
    this.failure = error;
    this.wake?.();
  }

  read(): StoredRecord[] {
    if (this.records.length === 0 && this.failure) {
      const error = this.failure;
      this.failure = undefined;
      this.onDrained();
      throw error;
    }
    let count = 0;
    let bytes = 0;
    while (count < this.records.length && count < this.maxRecords && bytes < MAX_BATCH_BYTES) {
      const { key, value } = this.records[count++]!;
      bytes += value.byteLength + key.length;
    }
    const wanted = this.wantsMore;
    const batch = count === this.records.length ? this.records : this.records.slice(0, count);
    this.records = count === this.records.length ? [] : this.records.slice(count);
    this.bytes -= bytes;
    if (!wanted && this.wantsMore) this.onDrained();
    return batch;
  }

  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.records.length > 0 || this.failure) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.wake = undefined;
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.wake = wake;
      signal.addEventListener('abort', wake);
    });
  }
}
