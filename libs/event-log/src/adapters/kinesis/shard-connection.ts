import { PaydayError, type Clock, retryUntil, type Timers } from '#kernel';
import { logClosed, unknownTopic } from '../../errors.js';
import type { Position } from '../../port.js';
import {
  EMPTY_ENVELOPE_BYTES,
  MAX_DATA_BYTES,
  MAX_RECORDS,
  pack,
  packedBytes,
  positionOf,
} from './envelope.js';
import { asPaydayError, kindOf } from './errors.js';

/** After this long without success an append fails. */
const GIVE_UP_MS = 30_000;

export interface ShardConnectionContext {
  topic: string;
  clock: Clock;
  timers: Timers;
  /** One attempt. @param after the shard's last sequence number. @returns the new record's. */
  putRecord(data: Uint8Array, after: string | undefined): Promise<string>;
  /** Called with the last position of each acknowledged write. */
  onAppended(position: Position): void;
}

interface Waiting {
  encoded: Uint8Array;
  resolve(position: Position): void;
  reject(error: unknown): void;
}

/**
 * Appends to one shard in call order: one Kinesis record at a time, holding everything that arrived while the previous
 * one was in flight, retried until it is acknowledged (docs/adr: order in Kinesis). A retry after a lost response may
 * create a duplicate.
 */
export class ShardConnection {
  private queue: Waiting[] = [];
  private running: Promise<void> | undefined;
  private lastSequence: string | undefined;
  private closed = false;

  constructor(private readonly context: ShardConnectionContext) {}

  /** Copies the bytes at once. @throws PaydayError `log_unavailable`, `log_refused`, `record_too_large`, `log_closed`. */
  append(encoded: Uint8Array): Promise<Position> {
    if (this.closed) return Promise.reject(logClosed());
    return new Promise((resolve, reject) => {
      this.queue.push({ encoded, resolve, reject });
      this.running ??= this.drain();
    });
  }

  /** Finishes pending appends; accepts no more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async drain(): Promise<void> {
    // Lets the calls of this turn share one write.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const batch = this.takeBatch();
      try {
        const sequence = await this.putRecord(pack(batch.map(({ encoded }) => encoded)));
        this.lastSequence = sequence;
        this.context.onAppended(positionOf(sequence, batch.length - 1));
        batch.forEach(({ resolve }, index) => resolve(positionOf(sequence, index)));
      } catch (error) {
        // Later records must not overtake the ones that the caller will append again.
        for (const { reject } of [...batch, ...this.queue.splice(0)]) reject(error);
      }
    }
    this.running = undefined;
  }

  private takeBatch(): Waiting[] {
    let bytes = EMPTY_ENVELOPE_BYTES;
    let count = 0;
    while (count < this.queue.length && count < MAX_RECORDS) {
      bytes += packedBytes(this.queue[count]!.encoded);
      if (bytes > MAX_DATA_BYTES && count > 0) break;
      count++;
    }
    return this.queue.splice(0, count);
  }

  private async putRecord(data: Uint8Array): Promise<string> {
    const { clock, timers, topic } = this.context;
    if (data.byteLength > MAX_DATA_BYTES) throw tooLarge(topic, data.byteLength);
    const deadlineMs = clock.monotonicMs() + GIVE_UP_MS;
    const mayRetry = (error: unknown): boolean =>
      !(error instanceof PaydayError) &&
      ['throttled', 'unavailable'].includes(kindOf(error)) &&
      clock.monotonicMs() <= deadlineMs;
    try {
      const put = (): Promise<string> => this.context.putRecord(data, this.lastSequence);
      return (await retryUntil({ timers, mayRetry }, put))!;
    } catch (error) {
      throw kindOf(error) === 'missing'
        ? unknownTopic(topic)
        : asPaydayError(error, `append to topic "${topic}"`);
    }
  }
}

function tooLarge(topic: string, bytes: number): PaydayError {
  return new PaydayError(
    'record_too_large',
    `a record for topic "${topic}" has ${bytes} bytes with all that Kinesis needs, at most ${MAX_DATA_BYTES} are taken: ` +
      'it has thousands of headers',
    { details: { topic, bytes, maxBytes: MAX_DATA_BYTES } },
  );
}
