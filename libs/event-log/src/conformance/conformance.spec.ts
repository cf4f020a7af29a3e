import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaLacks, startKafka, type LocalKafka } from '#testing';
import { KNOWN_ADAPTERS, openEventLog } from '../index.js';
import { describeEventLog, type EventLogFactory } from './index.js';
import { LocalKinesis } from './local-kinesis.js';

/** One broker for the whole suite, since topics are unique. Sessions expire quickly, so that tests need not wait. */
let kafka: LocalKafka | undefined;
afterAll(() => kafka?.stop());
/** Kinesalite in this process stands in for Amazon's service. */
let kinesis: LocalKinesis | undefined;
afterAll(() => kinesis?.stop());

/** Opens an empty log of each adapter. */
const ADAPTERS: Record<string, EventLogFactory> = {
  memory: async () => {
    const log = await openEventLog('memory:');
    return { log, dispose: () => log.close() };
  },
  lmdb: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'payday-log.'));
    const url = `lmdb:${folder}`;
    const opened = [await openEventLog(url)];
    return {
      log: opened[0]!,
      reopen: async () => {
        opened.push(await openEventLog(url));
        return opened.at(-1)!;
      },
      dispose: async () => {
        await Promise.all(opened.map((log) => log.close()));
        await rm(folder, { recursive: true });
      },
    };
  },
  kafka: async () => {
    kafka ??= await startKafka();
    const url = `${kafka.url}?heartbeatMs=50&sessionTimeoutMs=6000`;
    const opened = [await openEventLog(url)];
    return {
      log: opened[0]!,
      reopen: async () => {
        opened.push(await openEventLog(url));
        return opened.at(-1)!;
      },
      dispose: async () => void (await Promise.all(opened.map((log) => log.close()))),
    };
  },
  kinesis: async () => {
    kinesis ??= await LocalKinesis.start();
    const opened = [await openEventLog(kinesis.url())];
    return {
      log: opened[0]!,
      reopen: async () => {
        opened.push(await openEventLog(kinesis!.url()));
        return opened.at(-1)!;
      },
      dispose: async () => void (await Promise.all(opened.map((log) => log.close()))),
    };
  },
};

/** The missing requirement of an adapter's tests; undefined if nothing is missing. */
const LACKS: Record<string, string | undefined> = { kafka: await kafkaLacks() };

it('every known adapter is in the table', () => {
  expect(Object.keys(ADAPTERS).sort()).toEqual(KNOWN_ADAPTERS.map(({ scheme }) => scheme).sort());
});

for (const [name, factory] of Object.entries(ADAPTERS)) {
  const lacks = LACKS[name];
  if (lacks === undefined) describeEventLog(name, factory);
  else missing(name, lacks);
}

/** Skips visibly; fails with `CI=true`. */
function missing(name: string, lacks: string): void {
  const reason = `SKIPPED: event log: ${name}: ${lacks}`;
  if (process.env['CI'] === 'true')
    test(`event log: ${name}`, () => {
      throw new Error(reason);
    });
  else {
    process.stderr.write(`${reason}\n`);
    test.skip(`event log: ${name}`, () => undefined);
  }
}
