import { openEventLog } from '../index.js';
import { describeGroups } from './groups.js';
import { describeLeaseStore } from './lease-store.js';
import { describeLifecycle } from './lifecycle.js';
import { MemoryLeaseStore } from './memory-lease-store.js';

describeLeaseStore('memory', async () => {
  let nowMs = 0;
  const store = new MemoryLeaseStore(() => nowMs);
  return {
    store,
    other: store,
    pass: async (ms) => void (nowMs += ms),
    dispose: async () => {},
  };
});

describe('a log whose groups hold leases', () => {
  const factory = async (): ReturnType<Parameters<typeof describeGroups>[0]> => {
    const log = await openEventLog('memory:', { leases: new MemoryLeaseStore() });
    return { log, dispose: () => log.close() };
  };
  describeGroups(factory);
  describeLifecycle(factory);

  it('refuses leases too short for timely renewal', async () => {
    await expect(
      openEventLog('memory:', { leases: new MemoryLeaseStore(), leaseMs: 100 }),
    ).rejects.toMatchObject({ code: 'invalid_options' });
  });
});
