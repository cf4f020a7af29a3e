/**
 * Runs in its own process (lmdb-process.ts), in one mode for each test of lmdb.spec.ts: `lmdb-child.js MODE FOLDER NAME`.
 * It prints lines of JSON on standard output, which is unbuffered for a pipe.
 */
import { execFileSync } from 'node:child_process';
import { openEventLog } from '../open-event-log.js';
import { recordOf } from './crash-records.js';

const [mode = '', folder = '', name = ''] = process.argv.slice(2);
const say = (line: unknown): unknown => process.stdout.write(`${JSON.stringify(line)}\n`);

const modes: Record<string, () => Promise<void>> = {
  /** Appends from eight loops until it is killed, and prints acknowledgements. */
  async append() {
    const log = await openEventLog(`lmdb:${folder}`);
    await log.createTopics([{ topic: 'crash', partitions: 4 }]);
    let calls = 0;
    const appendForEver = async (key: string): Promise<never> => {
      for (let seq = 0; ;) {
        const first = seq;
        const records = Array.from({ length: 1 + (calls++ % 7) }, () => recordOf(key, seq++));
        const acknowledged = await log.append('crash', records);
        acknowledged.forEach(({ partition, position }, i) => say([partition, position, key, first + i]));
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, i) => appendForEver(`${name}/key-${i}`)));
  },

  /** Like `append`, but exits after some milliseconds without closing anything. */
  async leave() {
    const [how, afterMs] = name.split('-');
    setTimeout(() => {
      if (how === 'throw') throw new Error('nobody catches this');
      process.exit(7);
    }, Number(afterMs));
    await modes['append']!();
  },

  /** Prints the arrival time of each record. */
  async consume() {
    const log = await openEventLog(`lmdb:${folder}`);
    const consumer = log.consume({
      topic: 'seen',
      startAt: () => 'latest',
      onBatch: async ({ records }) => {
        for (const { key } of records) say({ key, at: Date.now() });
      },
    });
    await consumer.ready;
    say('ready');
  },

  /** Holds a snapshot, like a reader that is killed in the middle of a read. */
  async hold() {
    const { open } = await import('lmdb');
    const db = open({ path: folder, noSubdir: false, overlappingSync: false } as Parameters<typeof open>[0]);
    db.useReadTransaction();
    say('ready');
    setInterval(() => {}, 1000);
  },

  /** Appends until the disk is full (simulated by a file size limit), then gets more room. */
  async fill() {
    // With a handler, writing beyond the limit fails, as on a full disk, instead of ending the process.
    process.on('SIGXFSZ', () => {});
    const log = await openEventLog(`lmdb:${folder}`);
    await log.createTopics([{ topic: 'full', partitions: 1 }]);
    const append = (count: number): Promise<unknown> =>
      log.append(
        'full',
        Array.from({ length: count }, (_, i) => recordOf('k', i)),
      );
    await append(10);
    const refusals: unknown[] = [];
    for (let i = 0; i < 2; i++)
      await append(2000).catch(({ code, retryable }) => refusals.push({ code, retryable }));
    execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
    await append(10);
    say({ refusals, end: await log.endPositions('full') });
    await log.close();
  },
};

await modes[mode]!();
