import type { AddressGuard } from '../http/address-guard.js';
import { GuardedAddressBook, type Names } from '../http/address-book.js';
import type { EndpointParts } from '../http/endpoint.js';
import { LoopWatch } from '../loop-watch.js';
import { WorkMeter } from '../work-meter.js';

/** What an endpoint needs, on the real event loop, with an unlimited work budget. */
export function endpointParts(guard: AddressGuard, names: Names): EndpointParts {
  const monotonicUs = (): number => Math.floor(performance.now() * 1000);
  const idleUs = (): number => performance.nodeTiming.idleTime * 1000;
  return {
    book: new GuardedAddressBook(guard, names),
    watch: new LoopWatch({ monotonicUs, idleUs }, setImmediate),
    meter: new WorkMeter({ perRequestUs: 1_000_000, capacityUs: 1_000_000 }),
    monotonicUs,
    userAgent: 'payday/test',
  };
}
