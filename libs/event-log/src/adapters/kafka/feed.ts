import type { PartitionReader } from '../../dispatch/partition-loop.js';
import type { StoredRecord } from '../../port.js';
import { fromWire } from './record-codec.js';
import type { FetchedMessage } from './wire.js';

/** A handler's batch ends at about so many bytes. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** So much is fetched ahead of the handler, and then a fetch's worth more. */
const READ_AHEAD_BYTES = 2 * 1024 * 1024;

/** What has been fetched of one partition and not yet been handed over: the fetcher fills it, the partition's loop empties it. */
export class Feed implements PartitionReader {
  private records: StoredRecord[] = [];
  private bytes = 0;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;
  /** The offset behind the partition's last record, as far as is known. */
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

  /** There are records that it should have and does not get. */
  get lags(): boolean {
    return this.wantsMore && this.highWatermark > this.nextOffset;
  }

  /** Takes what a fetch from `nextOffset` brought. A batch is fetched whole, so it may begin with records before it. */
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

  /** It cannot be read on; the loop is told by its next `read`, and then fetching is tried again. */
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
