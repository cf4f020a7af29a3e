import type { Database } from './folder.js';
import { COMMIT_RANGE, recordKey } from './layout.js';

/** The last positions of partitions as of one commit; each is read when it is first asked for. */
export class TailFollower {
  private readonly tails = new Map<string, { key: Buffer; position: number }>();
  /** The number of the commit; the caller moves it on with what it writes. */
  commit: number;

  constructor(private readonly db: Database) {
    this.commit = newest(db, currentCommit);
  }

  /** The partition's last position, which the caller moves on, and a key of the partition, which it may write to. */
  of(topicId: number, partition: number): { key: Buffer; position: number } {
    const place = `${topicId}/${partition}`;
    let tail = this.tails.get(place);
    if (!tail) {
      // Perhaps newer than the commit of this object, but never older: a position can be given out in vain, not twice.
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

/** Reads what every process has committed up to now; lmdb-js else reads from one snapshot for a whole turn. */
function newest<T>(db: Database, read: (db: Database) => T): T {
  db.resetReadTxn();
  return read(db);
}

/** The key encoder gives keys as the numbers in them (layout.ts). */
function firstNumber(keys: Iterable<unknown>): number | undefined {
  for (const number of keys) return number as number;
  return undefined;
}
