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

/** A commit takes waiting calls up to this size, so that it blocks other writers and the event loop only briefly. */
const MAX_COMMIT_BYTES = 8 * 1024 * 1024;
const MAX_COMMIT_RECORDS = 20_000;
/** Reader slots of killed processes would pin their old pages, so they are cleared periodically. */
const COMMITS_BETWEEN_READER_CHECKS = 64;
/** After this many commits lost to other processes, one holds the lock. */
const OPTIMISTIC_ATTEMPTS = 5;

/**
 * Writes appends in call order, one transaction at a time. Appends that arrive during a flush share the next
 * transaction, so many small appends cost few flushes.
 *
 * Positions are assigned before the transaction, for the state after commit number n, and the transaction does nothing
 * unless n is still the last one; otherwise the state is read again. The direct way, a callback inside the transaction,
 * is ruled out: lmdb-js' writing thread would wait for this thread with the lock held, and if the process ends just then
 * (`process.exit`, an uncaught error) it never releases the lock, which blocks every other process that appends.
 */
export class Appender {
  private queue: Waiting[] = [];
  private running: Promise<void> | undefined;
  private commits = 0;
  private closed = false;
  /** The state for which positions are assigned; undefined if it must be read. */
  private state: TailFollower | undefined;

  constructor(
    private readonly db: Database,
    private readonly ifExists: number,
    private readonly folder: string,
    /** Called for each partition with new records, once they are durable. */
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

  /** Resolves when all appends made so far are complete. */
  async idle(): Promise<void> {
    await this.running;
  }

  /** Finishes pending appends; accepts no more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async drain(): Promise<void> {
    // Lets the calls of this turn share one commit.
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
      // lmdb-js' thread begins the transaction, writes all of this or nothing, flushes, and resolves after that.
      const written = await this.db.ifVersion(commitKey(tails.commit), this.ifExists, () => {
        results = this.putBatch(batch, tails);
      });
      if (written) {
        this.state = tails;
        return results;
      }
    }
    // Blocks this thread during a flush; with the lock held, no other process can change what it reads.
    return this.db.transactionSync(() => this.putBatch(batch, new TailFollower(this.db)));
  }

  /** Puts the records and replaces the last commit's key with this commit's. Nothing here may throw. */
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

/** The cause beneath lmdb-js' "Commit failed": a promise on the error, which must be handled in any case. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  return commitError ? commitError.catch((cause: unknown) => cause) : error;
}
