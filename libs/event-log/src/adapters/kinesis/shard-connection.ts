import { PaydayError, type Clock } from '#kernel';
import { logClosed, unknownTopic } from '../../errors.js';
import type { Position } from '../../port.js';
import { retryPauseMs, type Timers } from '../../dispatch/timers.js';
import {
  EMPTY_ENVELOPE_BYTES,
  MAX_DATA_BYTES,
  MAX_RECORDS,
  pack,
  packedBytes,
  positionOf,
} from './envelope.js';
import { asPaydayError, kindOf } from './errors.js';

/** After so long without success an append is given up, and its caller told. */
const GIVE_UP_MS = 30_000;

export interface ShardConnectionContext {
  topic: string;
  clock: Clock;
  timers: Timers;
  /** One try. @param after the last sequence number of this shard. @returns the record's own. */
  putRecord(data: Uint8Array, after: string | undefined): Promise<string>;
  /** Called for each position that was acknowledged last. */
  onAppended(position: Position): void;
}

interface Waiting {
  encoded: Uint8Array;
  resolve(position: Position): void;
  reject(error: unknown): void;
}

/**
 * Appends to one shard in the order of the calls: one Kinesis record at a time, which holds whatever has gathered while the
 * last one was under way, and which is tried again until it is there (docs/adr: order in Kinesis). What was tried again
 * after a lost answer may be there twice.
 */
export class ShardConnection {
  private queue: Waiting[] = [];
  private running: Promise<void> | undefined;
  private lastSequence: string | undefined;
  private closed = false;

  constructor(private readonly context: ShardConnectionContext) {}

  /** Takes the bytes at once. @throws PaydayError `log_unavailable`, `log_refused`, `record_too_large`, `log_closed`. */
  append(encoded: Uint8Array): Promise<Position> {
    if (this.closed) return Promise.reject(logClosed());
    return new Promise((resolve, reject) => {
      this.queue.push({ encoded, resolve, reject });
      this.running ??= this.drain();
    });
  }

  /** Finishes what was appended; takes nothing more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async drain(): Promise<void> {
    // Lets the calls of this turn come together.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const batch = this.takeBatch();
      try {
        const sequence = await this.putRecord(pack(batch.map(({ encoded }) => encoded)));
        this.lastSequence = sequence;
        this.context.onAppended(positionOf(sequence, batch.length - 1));
        batch.forEach(({ resolve }, index) => resolve(positionOf(sequence, index)));
      } catch (error) {
        // What waits behind must not come before what its caller will append again.
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
    const deadlineUs = clock.monotonicUs() + GIVE_UP_MS * 1000;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.context.putRecord(data, this.lastSequence);
      } catch (error) {
        const kind = kindOf(error);
        if (kind === 'missing') throw unknownTopic(topic);
        const mayPass = kind === 'throttled' || kind === 'unavailable';
        if (error instanceof PaydayError || !mayPass || clock.monotonicUs() > deadlineUs)
          throw asPaydayError(error, `append to topic "${topic}"`);
        await timers.sleep(retryPauseMs(attempt), NEVER);
      }
    }
  }
}

const NEVER = new AbortController().signal;

function tooLarge(topic: string, bytes: number): PaydayError {
  return new PaydayError(
    'record_too_large',
    `a record for topic "${topic}" has ${bytes} bytes with all that Kinesis needs, at most ${MAX_DATA_BYTES} are taken: ` +
      'it has thousands of headers',
    { details: { topic, bytes, maxBytes: MAX_DATA_BYTES } },
  );
}
