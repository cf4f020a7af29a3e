import type { RecordPosition } from '../../port.js';
import { logClosed } from '../../errors.js';
import { unavailable, type Database } from './folder.js';
import { recordKey, setPosition } from './layout.js';

/** Records of one append call: encoded, each with its partition. */
export interface EncodedAppend {
  topicId: number;
  values: readonly Uint8Array[];
  partitions: readonly number[];
}

interface Waiting extends EncodedAppend {
  resolve(positions: RecordPosition[]): void;
  reject(error: unknown): void;
}

/** A transaction takes waiting calls until it holds this much; it keeps the others, and other processes, waiting. */
const MAX_COMMIT_BYTES = 8 * 1024 * 1024;
/** Slots of processes that were killed would keep their old pages from being used again, so they are looked for. */
const COMMITS_BETWEEN_READER_CHECKS = 64;

/**
 * Writes appends in the order of their calls, one transaction at a time. All that arrive while one is being flushed
 * go into the next together, so that many small appends cost few flushes.
 */
export class Appender {
  private queue: Waiting[] = [];
  private running: Promise<void> | undefined;
  private commits = 0;
  private closed = false;

  constructor(
    private readonly db: Database,
    private readonly folder: string,
    /** Called for each partition that got records, when they are durable. */
    private readonly onAppended: (topicId: number, partition: number) => void,
  ) {}

  /** Resolves when the records are on the disk. @throws PaydayError `log_unavailable`, `log_closed`. */
  append(encoded: EncodedAppend): Promise<RecordPosition[]> {
    if (this.closed) return Promise.reject(logClosed());
    return new Promise((resolve, reject) => {
      this.queue.push({ ...encoded, resolve, reject });
      this.running ??= this.drain();
    });
  }

  /** Resolves when what was appended up to now has been carried out. */
  async idle(): Promise<void> {
    await this.running;
  }

  /** Finishes what was appended; takes nothing more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async drain(): Promise<void> {
    // Lets the calls of this turn come together.
    await Promise.resolve();
    while (this.queue.length > 0) await this.commit(this.take());
    this.running = undefined;
  }

  private take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.queue.length && bytes < MAX_COMMIT_BYTES)
      for (const value of this.queue[count++]!.values) bytes += value.byteLength;
    return this.queue.splice(0, count);
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    if (this.commits++ % COMMITS_BETWEEN_READER_CHECKS === 0) this.db.readerCheck();
    let results: RecordPosition[][];
    try {
      results = await this.db.transaction(() => this.write(batch));
    } catch (error) {
      const reason = unavailable(this.folder, await causeOf(error));
      for (const { reject } of batch) reject(reason);
      return;
    }
    const touched = new Map<string, [topicId: number, partition: number]>();
    batch.forEach(({ topicId, partitions, resolve }, i) => {
      for (const partition of partitions) touched.set(`${topicId}/${partition}`, [topicId, partition]);
      resolve(results[i]!);
    });
    for (const [topicId, partition] of touched.values()) this.onAppended(topicId, partition);
  }

  /** Inside the write transaction, which other processes wait for: nothing here may throw or take long. */
  private write(batch: readonly Waiting[]): RecordPosition[][] {
    const tails = new Map<string, { key: Buffer; position: number }>();
    return batch.map(({ topicId, values, partitions }) =>
      values.map((value, i) => {
        const partition = partitions[i]!;
        const place = `${topicId}/${partition}`;
        let tail = tails.get(place);
        if (!tail) {
          tail = {
            key: recordKey(topicId, partition, 0),
            position: lastPosition(this.db, topicId, partition),
          };
          tails.set(place, tail);
        }
        setPosition(tail.key, ++tail.position);
        this.db.put(tail.key, value);
        return { partition, position: String(tail.position) };
      }),
    );
  }
}

/** The position of a partition's last record, 0 if there is none; inside a write transaction as that sees it. */
export function lastPosition(db: Database, topicId: number, partition: number): number {
  const keys = db.getKeys({
    reverse: true,
    start: recordKey(topicId, partition, Number.MAX_SAFE_INTEGER),
    end: recordKey(topicId, partition, 0),
    limit: 1,
  });
  // The key encoder gives a record's key as its position (layout.ts).
  for (const position of keys as Iterable<unknown>) return position as number;
  return 0;
}

/** What lmdb-js says beneath its "Commit failed": a promise on the error, which must be handled in any case. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  return commitError ? commitError.catch((cause: unknown) => cause) : error;
}
