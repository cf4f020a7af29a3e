import { parentPort } from 'node:worker_threads';
import type { Resolution } from '../dns/index.js';
import type { AddressBook } from '../http/address-book.js';
import { Endpoint } from '../http/endpoint.js';
import { MemoryBudget } from '../http/memory-budget.js';
import { LoopWatch } from '../loop-watch.js';
import { LocalService } from '../service-client/local-service.js';
import type { Call, ServiceClient } from '../service-client/service-client.js';
import { WorkMeter } from '../work-meter.js';
import type { FromWorker, ToWorker } from './messages.js';

/** Limit for the bytes of unfinished answers of all teams in quarantine. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

const port = parentPort!;
const tell = (message: FromWorker): void => port.postMessage(message);
const monotonicUs = (): number => Math.floor(performance.now() * 1000);
const watch = new LoopWatch(
  { monotonicUs, idleUs: () => performance.nodeTiming.idleTime * 1000 },
  setImmediate,
);
const memory = new MemoryBudget(MAX_HELD_BYTES);
const meters = new Map<string, WorkMeter>();
const services = new Map<number, ServiceClient>();
const calls = new Map<number, Call>();
const queries = new Map<number, (resolution: Resolution) => void>();
let lastQuery = 0;

function bookFor(endpoint: number): AddressBook {
  return {
    find: (target) =>
      new Promise((resolve) => {
        const query = ++lastQuery;
        queries.set(query, resolve);
        tell({ kind: 'find', query, endpoint, target });
      }),
  };
}

function open({ endpoint, teamId, url, limits, work, userAgent }: ToWorker & { kind: 'open' }): void {
  let meter = meters.get(teamId);
  if (meter === undefined) meters.set(teamId, (meter = new WorkMeter(work)));
  const parts = { book: bookFor(endpoint), watch, meter, monotonicUs, userAgent, memory };
  services.set(endpoint, new LocalService(new Endpoint(url, limits, parts)));
}

function begin({ kind, call, endpoint, request }: ToWorker & { kind: 'call' | 'ask' }): void {
  const service = services.get(endpoint);
  if (service === undefined) return;
  let isDone = false;
  const done = (message: FromWorker): void => {
    isDone = true;
    calls.delete(call);
    tell(message);
  };
  const begun =
    kind === 'call'
      ? service.call(request, (verdict) => done({ kind: 'verdict', call, verdict }))
      : service.sendRequest(request, (result) => done({ kind: 'result', call, result }));
  if (!isDone) calls.set(call, begun);
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'open':
      return open(message);
    case 'call':
    case 'ask':
      return begin(message);
    case 'timeOut':
      return calls.get(message.call)?.timeOut(message.got);
    case 'retire':
      return services.get(message.endpoint)?.retire();
    case 'destroy':
      services.get(message.endpoint)?.destroy();
      services.delete(message.endpoint);
      return;
    case 'found':
      queries.get(message.query)?.(message.resolution);
      queries.delete(message.query);
  }
});
