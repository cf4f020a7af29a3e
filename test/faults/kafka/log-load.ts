import { comparePositions, openEventLog, type Consumer, type EventLog } from '#event-log';
import { partitionOf } from '#kernel';
import { sleep } from '../../support/wait.js';

export const PARTITIONS = 4;
const KEYS = Array.from({ length: 8 }, (_, i) => `team-${i}`);
/** Concurrent appends per key: their order must hold. */
const AHEAD = 4;
const PAUSE_MS = 10;

/** What a log did with the records appended to it. */
export interface LogVerdict {
  records: number;
  /** Acknowledged but not handled. */
  lost: number;
  /** Handled more than once. */
  double: number;
  /** Handled before an earlier record of the same key. */
  disordered: number;
  /** The longest time in which some partition handled nothing. */
  stallMs: number;
  /** Appends that failed for good. */
  refused: number;
  /** Batches whose effects were refused because another member owned the partition by then. */
  fenced: number;
}

/** The database that the members share. Position and effect are stored together, as in the scorer. */
class Checkpoints {
  readonly seen = new Map<string, number>();
  readonly positions = new Map<number, string>();
  readonly epochs = new Map<number, number>();
  double = 0;
  disordered = 0;
  fenced = 0;
  stallMs = 0;
  /** When each partition last handled a record; monotonic. */
  readonly handledAt = new Map<number, number>();

  claim(partition: number): number {
    const epoch = (this.epochs.get(partition) ?? 0) + 1;
    this.epochs.set(partition, epoch);
    return epoch;
  }
}

/** Writers that number the records of each key, and a group that checks the numbers. */
export class LogLoad {
  private readonly acknowledged = new Map<string, number>();
  private readonly stored = new Checkpoints();
  private readonly processes = new Set<{ log: EventLog; consumer: Consumer }>();
  private refused = 0;
  private stopped = false;
  private writers: Promise<void>[] = [];

  private constructor(
    private readonly url: string,
    private readonly topic: string,
    private readonly log: EventLog,
  ) {}

  static async start(url: string, topic: string): Promise<LogLoad> {
    const log = await openEventLog(url);
    await log.createTopics([{ topic, partitions: PARTITIONS }]);
    const load = new LogLoad(url, topic, log);
    load.writers = KEYS.map((key) => load.write(key));
    return load;
  }

  /** Another member of the group, with connections of its own. Resolves when it reads its share. */
  async join(): Promise<void> {
    const log = await openEventLog(this.url);
    const epochs = new Map<number, number>();
    const consumer = log.consume({
      topic: this.topic,
      group: 'checkers',
      maxBatchRecords: 50,
      startAt: (partition) => {
        epochs.set(partition, this.stored.claim(partition));
        return this.stored.positions.get(partition) ?? 'earliest';
      },
      onBatch: async ({ partition, records }) => {
        const epoch = epochs.get(partition);
        await sleep(1);
        if (this.stored.epochs.get(partition) !== epoch) {
          this.stored.fenced++;
          return;
        }
        for (const { key, value } of records) this.check(key, Number(Buffer.from(value).toString()));
        this.stored.positions.set(partition, records.at(-1)!.position);
        const now = performance.now();
        const before = this.stored.handledAt.get(partition);
        if (before !== undefined) this.stored.stallMs = Math.max(this.stored.stallMs, now - before);
        this.stored.handledAt.set(partition, now);
      },
    });
    this.processes.add({ log, consumer });
    await consumer.ready;
  }

  /** The oldest member leaves cleanly. */
  async leave(): Promise<void> {
    const [member] = this.processes;
    this.processes.delete(member!);
    await member!.log.close();
  }

  get members(): number {
    return this.processes.size;
  }

  /** Resolves when each partition has handled a record from now on. @returns how long each took, ms, sorted */
  async recovered(): Promise<number[]> {
    const since = performance.now();
    const partitions = [...new Set(KEYS.map((key) => partitionOf(key, PARTITIONS)))];
    const took = await Promise.all(
      partitions.map(async (partition) => {
        while ((this.stored.handledAt.get(partition) ?? 0) < since) await sleep(5);
        return performance.now() - since;
      }),
    );
    return took.sort((a, b) => a - b);
  }

  /** Waits until everything acknowledged is handled, and counts. */
  async verdict(withinMs = 60_000): Promise<LogVerdict> {
    this.stopped = true;
    await Promise.all(this.writers);
    const ends = await this.log.endPositions(this.topic);
    const isBehind = (): boolean =>
      ends.some((end, partition) => {
        const at = this.stored.positions.get(partition);
        return end !== null && (at === undefined || comparePositions(at, end) < 0);
      });
    const deadline = performance.now() + withinMs;
    while (isBehind() && performance.now() < deadline) await sleep(20);
    let [records, lost] = [0, 0];
    for (const [key, count] of this.acknowledged) {
      records += count;
      lost += Math.max(0, count - (this.stored.seen.get(key) ?? 0));
    }
    const { double, disordered, fenced, stallMs } = this.stored;
    return {
      records,
      lost,
      double,
      disordered,
      fenced,
      stallMs: Math.round(stallMs),
      refused: this.refused,
    };
  }

  async close(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.processes].map(({ log }) => log.close()));
    await Promise.all(this.writers);
    await this.log.close();
  }

  private check(key: string, seq: number): void {
    const expected = this.stored.seen.get(key) ?? 0;
    if (seq < expected) this.stored.double++;
    else if (seq > expected) this.stored.disordered++;
    this.stored.seen.set(key, Math.max(expected, seq + 1));
  }

  private async write(key: string): Promise<void> {
    const underWay: Promise<unknown>[] = [];
    for (let seq = 0; !this.stopped;) {
      const records = Array.from({ length: 1 + (seq % 3) }, () => ({
        key,
        value: Buffer.from(String(seq++)),
      }));
      const appending = this.log.append(this.topic, records).then(
        () => this.acknowledged.set(key, (this.acknowledged.get(key) ?? 0) + records.length),
        () => this.refused++,
      );
      underWay.push(appending);
      if (underWay.length >= AHEAD) await underWay.shift();
      await sleep(PAUSE_MS);
    }
    await Promise.all(underWay);
  }
}
