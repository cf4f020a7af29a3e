import { describeAppending } from './appending.js';
import { describeDelivery } from './delivery.js';
import type { EventLogFactory } from './fixture.js';
import { describeGroups } from './groups.js';
import { describeLifecycle } from './lifecycle.js';
import { describeReading } from './reading.js';

export type { EventLogFactory, EventLogFixture } from './fixture.js';

/**
 * Declares the conformance suite of the event-log port for one adapter: one named test per guarantee of port.ts.
 * @param name the adapter's scheme.
 * @param factory opens a log on a new, empty medium; called once per group of tests.
 */
export function describeEventLog(name: string, factory: EventLogFactory): void {
  describe(`event log: ${name}`, () => {
    describeAppending(factory);
    describeDelivery(factory);
    describeReading(factory);
    describeGroups(factory);
    describeLifecycle(factory);
  });
}
export { describeLeaseStore, type LeaseStoreFixture } from './lease-store.js';
