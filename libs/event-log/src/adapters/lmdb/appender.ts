import { logClosed } from '../../errors.js';
import type { RecordPosition } from '../../port.js';
import { unavailable, type Database } from './folder.js';
import { EMPTY, commitKey, setPosition } from './layout.js';
import { TailFollower } from './tail-follower.js';

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

/** A commit takes waiting calls until it holds this much, so that it holds up others and the event loop only briefly. */
const MAX_COMMIT_BYTES = 8 * 1024 * 1024;
const MAX_COMMIT_RECORDS = 20_000;
/** Slots of processes that were killed would keep their old pages from being used again, so they are looked for. */
const COMMITS_BETWEEN_READER_CHECKS = 64;
/** After so many commits that other processes forestalled, one is made in which they cannot. */
const OPTIMISTIC_ATTEMPTS = 5;

/**
 * Writes appends in the order of their calls, one transaction at a time. All that arrive while one is being flushed
 * go into the next together, so that many small appends cost few flushes.
 *
 * Positions are given out before the transaction, for the state after commit number n, and the transaction does nothing
 * unless n is still the last one; then the state is read anew. The direct way, a callback inside the transaction, is
 * barred: lmdb-js' writing thread would wait for this thread with the lock held, and if the process ends just then
 * (`process.exit`, an uncaught error) it hangs for ever, and with it every other process that appends.
 */
export class Appender {
  private queue: Waiting[] = [];
  private running: Promise<void> | undefined;
  private commits = 0;
  private closed = false;
  /** The state that positions are given out for; undefined where it must be read. */
  private state: TailFollower | undefined;

  constructor(
    private readonly db: Database,
    private readonly ifExists: number,
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
    while (this.queue.length > 0) await this.commit(this.takeBatch());
    this.running = undefined;
  }

  private takeBatch(): Waiting[] {
    let bytes = 0;
    let records = 0;
    let calls = 0;
    while (calls < this.queue.length && bytes < MAX_COMMIT_BYTES && records < MAX_COMMIT_RECORDS) {
      const { values } = this.queue[calls++]!;
      records += values.length;
      for (const value of values) bytes += value.byteLength;
    }
    return this.queue.splice(0, calls);
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    let results: RecordPosition[][];
    try {
      if (this.commits++ % COMMITS_BETWEEN_READER_CHECKS === 0) this.db.readerCheck();
      results = await this.write(batch);
    } catch (error) {
      this.state = undefined;
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

  private async write(batch: readonly Waiting[]): Promise<RecordPosition[][]> {
    for (let attempt = 0; attempt < OPTIMISTIC_ATTEMPTS; attempt++) {
      const tails = this.state ?? new TailFollower(this.db);
      this.state = undefined;
      let results!: RecordPosition[][];
      // lmdb-js' thread begins the transaction, writes all of this or nothing, flushes, and only then resolves.
      const written = await this.db.ifVersion(commitKey(tails.commit), this.ifExists, () => {
        results = this.putBatch(batch, tails);
      });
      if (written) {
        this.state = tails;
        return results;
      }
    }
    // Holds up this thread for the length of a flush, and with the lock held reads what no other process can change.
    return this.db.transactionSync(() => this.putBatch(batch, new TailFollower(this.db)));
  }

  /** The records, and in place of the last commit's key that of this one. Nothing here may throw. */
  private putBatch(batch: readonly Waiting[], tails: TailFollower): RecordPosition[][] {
    const results = batch.map(({ topicId, values, partitions }) =>
      values.map((value, i) => {
        const partition = partitions[i]!;
        const tail = tails.of(topicId, partition);
        setPosition(tail.key, ++tail.position);
        void this.db.put(tail.key, value);
        return { partition, position: String(tail.position) };
      }),
    );
    void this.db.remove(commitKey(tails.commit));
    void this.db.put(commitKey(++tails.commit), EMPTY);
    return results;
  }
}

/** What lmdb-js says beneath its "Commit failed": a promise on the error, which must be handled in any case. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  return commitError ? commitError.catch((cause: unknown) => cause) : error;
}
