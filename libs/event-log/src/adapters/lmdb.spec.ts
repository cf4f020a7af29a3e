import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream } from '#kernel';
import { recordOf, seqOf } from '../conformance/crash-records.js';
import { Collector } from '../conformance/fixture.js';
import { TranspiledLog, type LogProcess } from '../conformance/lmdb-process.js';
import { openEventLog, type EventLog } from '../index.js';

type Acknowledged = [partition: number, position: string, key: string, seq: number];

let code: TranspiledLog;
let folder: string;
let running: LogProcess[] = [];

const start = (mode: string, name?: string, wrapper?: string[]): LogProcess => {
  const child = code.start(mode, folder, name, wrapper);
  running.push(child);
  return child;
};

beforeAll(async () => {
  code = await TranspiledLog.make();
}, 60_000);
afterAll(() => code.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payday-log-'));
});
afterEach(async () => {
  await Promise.all(running.map((child) => child.kill()));
  running = [];
  await rm(folder, { recursive: true });
});

/** The contents of the log: the records by partition and position. */
async function contents(log: EventLog, topic: string): Promise<Map<string, { key: string; seq: number }>> {
  const ends = await log.endPositions(topic);
  const total = ends.reduce((sum, end) => sum + Number(end ?? 0), 0);
  const collector = new Collector(log, { topic });
  await collector.until(() => collector.records.length >= total);
  await collector.close();
  const next = ends.map(() => 1);
  const found = new Map<string, { key: string; seq: number }>();
  const lastSeq = new Map<string, number>();
  for (const { partition, position, key, value } of collector.records) {
    if (position !== String(next[partition]!++)) throw new Error(`a gap before ${partition}/${position}`);
    const seq = seqOf(value);
    if (Buffer.compare(value, recordOf(key, seq).value) !== 0)
      throw new Error(`a torn record at ${partition}/${position}`);
    // One writer's records of one key are consecutive: none is missing in between.
    if (seq !== (lastSeq.get(key) ?? -1) + 1) throw new Error(`${key} jumps to ${seq}`);
    lastSeq.set(key, seq);
    found.set(`${partition}/${position}`, { key, seq });
  }
  return found;
}

function expectAllThere(
  found: Map<string, { key: string; seq: number }>,
  acknowledged: Acknowledged[],
): void {
  for (const [partition, position, key, seq] of acknowledged)
    if (
      found.get(`${partition}/${position}`)?.key !== key ||
      found.get(`${partition}/${position}`)?.seq !== seq
    )
      throw new Error(`acknowledged record ${key} ${seq} is not at ${partition}/${position}`);
}

describe('the lmdb log across processes', () => {
  it('kill -9 at any moment: every acknowledged record is there, in order, whole and without gaps', async () => {
    const seed = process.env['SEED'] ?? randomBytes(4).toString('hex');
    const random = randomStream(seed, 'kill moments');
    const acknowledged: Acknowledged[] = [];
    let survivor: EventLog | undefined;
    try {
      for (let round = 0; round < 10; round++) {
        const child = start('append', `round-${round}`);
        // Some are killed while they open the log, some after writing for a while.
        if (round % 3 !== 2) await child.until(1);
        // Real time, because the child must be killed in the middle of its work.
        await new Promise((resolve) => setTimeout(resolve, random.below(250)));
        await child.kill();
        acknowledged.push(...(child.said as Acknowledged[]));
        const log: EventLog = survivor ?? (await openEventLog(`lmdb:${folder}`));
        await log.createTopics([{ topic: 'crash', partitions: 4 }]);
        expectAllThere(await contents(log, 'crash'), acknowledged);
        // In half of the rounds this process has the log open while the other dies; in the rest it opens it afterwards.
        if (round % 2 === 0) survivor = log;
        else {
          await log.close();
          survivor = undefined;
        }
      }
      expect(acknowledged.length).toBeGreaterThan(100);
    } catch (error) {
      throw new Error(`with SEED=${seed}: ${(error as Error).message}`, { cause: error });
    } finally {
      await survivor?.close();
    }
  }, 120_000);

  it.each([
    ['exit', 7],
    ['throw', 1],
  ])(
    'a process that ends by %s while it appends does end, and its acknowledged records are there',
    async (how, code) => {
      const acknowledged: Acknowledged[] = [];
      // From early in opening to the middle of appending.
      for (const afterMs of [0, 30, 100, 250, 500]) {
        const child = start('leave', `${how}-${afterMs}`);
        expect(await child.exitCode()).toBe(code);
        acknowledged.push(...(child.said as Acknowledged[]));
      }
      expect(acknowledged.length).toBeGreaterThan(20);
      const log = await openEventLog(`lmdb:${folder}`);
      expectAllThere(await contents(log, 'crash'), acknowledged);
      await log.append('crash', [recordOf('k', 0)]);
      await log.close();
    },
    60_000,
  );

  it('several processes append at once, and one of them is killed: the others go on', async () => {
    const log = await openEventLog(`lmdb:${folder}`);
    await log.createTopics([{ topic: 'crash', partitions: 4 }]);
    const children = [start('append', 'one'), start('append', 'two')];
    await Promise.all(children.map((child) => child.until(50)));
    const acknowledged: Acknowledged[] = [];
    for (let seq = 0; seq < 40; seq++) {
      const [at] = await log.append('crash', [recordOf('here', seq)]);
      acknowledged.push([at!.partition, at!.position, 'here', seq]);
      if (seq === 20) await children[0]!.kill();
    }
    await children[1]!.until(children[1]!.said.length + 50);
    await children[1]!.kill();
    for (const child of children) acknowledged.push(...(child.said as Acknowledged[]));
    expectAllThere(await contents(log, 'crash'), acknowledged);
    await log.close();
  }, 60_000);

  it('a reader in another process sees records soon after they were acknowledged', async () => {
    const log = await openEventLog(`lmdb:${folder}`);
    await log.createTopics([{ topic: 'seen', partitions: 2 }]);
    const reader = start('consume');
    await reader.until(1);
    const delays: number[] = [];
    for (let i = 0; i < 20; i++) {
      await log.append('seen', [{ key: `k${i}`, value: new Uint8Array(0) }]);
      const acknowledgedAt = Date.now();
      await reader.until(i + 2);
      const seen = reader.said[i + 1] as { key: string; at: number };
      expect(seen.key).toBe(`k${i}`);
      delays.push(seen.at - acknowledgedAt);
    }
    await log.close();
    // The poll interval is 20 ms; the bound allows for a busy machine.
    expect(delays.sort((a, b) => a - b)[10]).toBeLessThan(100);
  }, 60_000);

  it('the snapshot of a killed reader does not make the file grow without limit', async () => {
    const log = await openEventLog(`lmdb:${folder}`);
    await log.createTopics([{ topic: 'growth', partitions: 1 }]);
    const append = async (commits: number): Promise<void> => {
      for (let i = 0; i < commits; i++) await log.append('growth', [{ key: 'k', value: new Uint8Array(8) }]);
    };
    await append(1);
    const reader = start('hold');
    await reader.until(1);
    await reader.kill();
    await append(400);
    const { size } = await stat(join(folder, 'data.mdb'));
    await log.close();
    // Each commit replaces at least three pages of 4 KiB: 4.9 MB if none could be reused.
    expect(size).toBeLessThan(1_500_000);
  }, 60_000);

  const hasPrlimit = process.platform === 'linux' && commandExists('prlimit');
  (hasPrlimit || process.env['CI'] ? it : it.skip)(
    `a full disk: appends fail with log_unavailable, and succeed again when there is room${hasPrlimit ? '' : ' (SKIPPED: needs prlimit of util-linux)'}`,
    async () => {
      const child = start('fill', '', ['prlimit', '--fsize=1000000:unlimited']);
      await child.until(1);
      const refused = { code: 'log_unavailable', retryable: true };
      expect(child.said).toEqual([{ refusals: [refused, refused], end: ['20'] }]);
    },
    60_000,
  );

  it('logs of one folder in one process share groups and wake each other; each closes alone', async () => {
    const [a, b] = [await openEventLog(`lmdb:${folder}`), await openEventLog(`lmdb:${folder}/.`)];
    await a.createTopics([{ topic: 't', partitions: 2 }]);
    const members = [a, b].map((log) => new Collector(log, { topic: 't', group: 'g' }));
    await Promise.all(members.map(({ consumer }) => consumer.ready));
    await a.append(
      't',
      Array.from({ length: 20 }, (_, i) => ({ key: `k${i}`, value: Uint8Array.of(i) })),
    );
    await Promise.all(members.map((member) => member.until(() => member.records.length > 0)));
    await a.close();
    await b.append(
      't',
      Array.from({ length: 20 }, (_, i) => ({ key: `k${i}`, value: Uint8Array.of(i) })),
    );
    const handled = (): number => members[0]!.records.length + members[1]!.records.length;
    await members[1]!.until(() => handled() >= 40);
    await b.close();
  });
});

function commandExists(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
