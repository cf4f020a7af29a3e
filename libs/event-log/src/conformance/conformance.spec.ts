import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KNOWN_ADAPTERS, openEventLog } from '../index.js';
import { describeEventLog, type EventLogFactory } from './index.js';

/** How to get an empty log of each adapter. */
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
};

it('every known adapter is in the table', () => {
  expect(Object.keys(ADAPTERS).sort()).toEqual(KNOWN_ADAPTERS.map(({ scheme }) => scheme).sort());
});

for (const [name, factory] of Object.entries(ADAPTERS)) describeEventLog(name, factory);
