import type { Database } from './folder.js';
import { COMMIT_RANGE, recordKey } from './layout.js';

/** The last positions of partitions as of one commit, each read on first use. */
export class TailFollower {
  private readonly tails = new Map<string, { key: Buffer; position: number }>();
  /** The number of the commit; the caller advances it with its writes. */
  commit: number;

  constructor(private readonly db: Database) {
    this.commit = newest(db, currentCommit);
  }

  /** The partition's last position, which the caller advances, and a key of the partition, which it may overwrite. */
  of(topicId: number, partition: number): { key: Buffer; position: number } {
    const place = `${topicId}/${partition}`;
    let tail = this.tails.get(place);
    if (!tail) {
      // Perhaps newer than this object's commit but never older: a position can be wasted, but never assigned twice.
      const position = newest(this.db, () => lastPosition(this.db, topicId, partition));
      tail = { key: recordKey(topicId, partition, 0), position };
      this.tails.set(place, tail);
    }
    return tail;
  }
}

/** The position of a partition's last record, 0 if there is none. */
export function lastPosition(db: Database, topicId: number, partition: number): number {
  const keys = db.getKeys({
    reverse: true,
    start: recordKey(topicId, partition, Number.MAX_SAFE_INTEGER),
    end: recordKey(topicId, partition, 0),
    limit: 1,
  });
  return firstNumber(keys) ?? 0;
}

/** The number of the last commit. */
function currentCommit(db: Database): number {
  return firstNumber(db.getKeys({ ...COMMIT_RANGE, limit: 1 })) ?? 0;
}

/** Reads the latest commits of every process; by default lmdb-js reads from one snapshot for a whole turn. */
function newest<T>(db: Database, read: (db: Database) => T): T {
  db.resetReadTxn();
  return read(db);
}

/** The key encoder returns keys as the numbers in them (layout.ts). */
function firstNumber(keys: Iterable<unknown>): number | undefined {
  for (const number of keys) return number as number;
  return undefined;
}
