import { randomStream } from '#kernel';
import { ManualTime } from '#testing';
import { call, type CallResult } from '../http/client.js';
import { createBooking } from '../services/booking.js';
import { createCatalog } from '../services/catalog.js';
import { createPricing } from '../services/pricing.js';
import { serve, type Served } from '../testing/serve.js';
import { agentProblem, createAgent } from './agent.js';
import { FaultRegistry } from './fault-registry.js';
import { FAULT_KINDS } from './faults/index.js';
import { TcpProxy } from './proxy/tcp-proxy.js';
import { ServiceHost } from './service-host.js';

const TOKEN = 'team-token';
const PARAMS: Record<string, Record<string, number>> = {
  slow: { delayMs: 500 },
  'error-rate': { percent: 100 },
  'memory-leak': { mebibytesPerSecond: 8, capMebibytes: 8 },
  latency: { delayMs: 500 },
  jitter: { maxMs: 60_000 },
  reset: { percent: 100 },
  bandwidth: { bytesPerSecond: 10 },
};

let timers: ManualTime;
let hosts: Map<string, ServiceHost>;
let proxies: Map<string, TcpProxy>;
let registry: FaultRegistry;
let agent: Served;

beforeEach(async () => {
  timers = new ManualTime(0);
  hosts = new Map([
    ['catalog', new ServiceHost({ create: createCatalog, timers })],
    ['pricing', new ServiceHost({ create: createPricing, timers })],
    ['booking', new ServiceHost({ create: createBooking, timers })],
  ]);
  proxies = new Map();
  for (const [id, host] of hosts) {
    await host.start(0);
    const proxy = new TcpProxy({ servicePort: () => Number(new URL(host.url).port), timers });
    await proxy.start(0);
    proxies.set(id, proxy);
  }
  registry = new FaultRegistry({ hosts, networks: proxies, random: randomStream('s', 'faults'), timers });
  agent = await serve(createAgent({ registry, token: TOKEN, timers }), { renderProblem: agentProblem });
});
afterEach(async () => {
  registry.close();
  await Promise.all([agent, ...proxies.values(), ...hosts.values()].map((part) => part.close()));
});

function ask(method: string, path: string, body?: unknown, token = TOKEN): Promise<CallResult> {
  const headers = { authorization: `Bearer ${token}` };
  return call({ method, url: `${agent.url}${path}`, headers, body, timeoutMs: 5_000 });
}
const put = (id: string, kind: string, more: Record<string, unknown> = {}): Promise<CallResult> =>
  ask('PUT', `/faults/${id}`, {
    kind,
    serviceId: 'pricing',
    params: PARAMS[kind] ?? {},
    ttlMs: 60_000,
    ...more,
  });
const state = async (id: string): Promise<unknown> => (await ask('GET', `/faults/${id}`)).json;

/** How a customer finds pricing: the answer as text, or why there is none. */
async function pricing(timeoutMs = 300): Promise<string> {
  try {
    const { status, json } = await call({
      url: `${proxies.get('pricing')!.url}/quotes/sparkle?days=3`,
      timeoutMs,
    });
    const { unicornId, totalCents } = json as Record<string, unknown>;
    return status === 200 ? `${unicornId} ${totalCents}` : String(status);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'no answer';
  }
}
const RIGHT = 'sparkle 38700';
const STRUCK: Record<string, string> = {
  crash: 'ECONNRESET',
  hang: 'no answer',
  slow: 'no answer',
  'wrong-answer': 'moonbeam 25801',
  'error-rate': '500',
  'config-vanishes': '500',
  'memory-leak': 'ECONNRESET',
  latency: 'no answer',
  jitter: 'no answer',
  reset: 'ECONNRESET',
  'black-hole': 'no answer',
  bandwidth: 'no answer',
};
const OF_THE_NETWORK = ['latency', 'jitter', 'reset', 'black-hole', 'bandwidth'];

describe('the fault agent', () => {
  it('lets nobody in without the token', async () => {
    for (const token of ['', 'team-tokem', 'team-token-and-more']) {
      const refused = await ask('PUT', '/faults/f', { kind: 'crash' }, token);
      expect(refused).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    }
    expect((await call({ url: `${agent.url}/faults`, timeoutMs: 5_000 })).status).toBe(401);
    expect((await ask('GET', '/faults')).json).toEqual({ faults: [] });
  });

  it('knows the kinds that this suite tests', () => {
    expect([...FAULT_KINDS.keys()].sort()).toEqual(Object.keys(STRUCK).sort());
  });

  describe.each(Object.keys(STRUCK))('%s', (kind) => {
    it('begins, is idempotent, and ends by DELETE', async () => {
      expect(await put('f', kind)).toMatchObject({ status: 200, json: { state: 'active' } });
      expect(await put('f', kind)).toMatchObject({ status: 200, json: { state: 'active' } });
      expect(await pricing()).toBe(STRUCK[kind]);
      expect(await state('f')).toEqual({ state: 'active' });
      for (let i = 0; i < 2; i++)
        expect(await ask('DELETE', '/faults/f')).toMatchObject({ status: 200, json: { state: 'gone' } });
      expect(await pricing()).toBe(RIGHT);
      expect(timers.pendingTimers).toBe(0);
    });

    it('ends by itself when its time to live is over', async () => {
      await put('f', kind, { ttlMs: 60_000 });
      await timers.pass(59_999);
      expect(await state('f')).toEqual({ state: 'active' });
      await timers.pass(1);
      // The service comes back by real sockets, which take a moment.
      expect(await ask('DELETE', '/faults/f')).toMatchObject({ json: { state: 'gone' } });
      expect(await pricing()).toBe(RIGHT);
    });

    if (OF_THE_NETWORK.includes(kind)) {
      it('is none of what a clean version ends', async () => {
        await put('f', kind);
        await registry.repair('pricing');
        expect(await state('f')).toEqual({ state: 'active' });
        expect(await pricing()).toBe(STRUCK[kind]);
      });
      return;
    }

    it('ends by a clean version, and says so', async () => {
      await put('f', kind);
      await registry.repair('pricing');
      expect(await pricing()).toBe(RIGHT);
      expect(await state('f')).toEqual({ state: 'repaired' });
      // A repeated command does not break it again.
      expect(await put('f', kind)).toMatchObject({ json: { state: 'repaired' } });
      expect(await pricing()).toBe(RIGHT);
      expect(await ask('DELETE', '/faults/f')).toMatchObject({ json: { state: 'gone' } });
    });
  });

  it('counts the time to live anew when the command is repeated', async () => {
    await put('f', 'crash', { ttlMs: 1_000 });
    await timers.pass(900);
    await put('f', 'crash', { ttlMs: 1_000 });
    await timers.pass(900);
    expect(await state('f')).toEqual({ state: 'active' });
    await timers.pass(100);
    await registry.revert('f');
    expect(await pricing()).toBe(RIGHT);
  });

  it('begins anew when the command comes again while the fault is just ending', async () => {
    const spec = { kind: 'crash', serviceId: 'pricing', params: {}, ttlMs: 1_000 };
    await registry.putFault('f', spec);
    const [, again] = await Promise.all([registry.revert('f'), registry.putFault('f', spec)]);
    expect(again).toBe('active');
    expect(await pricing()).toBe('ECONNRESET');
  });

  it('composes faults on one service and lifts each alone', async () => {
    await put('bad', 'wrong-answer');
    await put('down-1', 'crash');
    await put('down-2', 'crash');
    expect(await pricing()).toBe('ECONNRESET');
    await ask('DELETE', '/faults/down-1');
    expect(await pricing()).toBe('ECONNRESET');
    await ask('DELETE', '/faults/down-2');
    expect(await pricing()).toBe('moonbeam 25801');
    await put('errors', 'error-rate');
    expect(await pricing()).toBe('500');
    await ask('DELETE', '/faults/bad');
    expect(await pricing()).toBe('500');
    await ask('DELETE', '/faults/errors');
    expect(await pricing()).toBe(RIGHT);
  });

  it('adds delays up, and lets what waits go on when one is lifted', async () => {
    await put('slow-1', 'slow', { params: { delayMs: 400 } });
    await put('slow-2', 'slow', { params: { delayMs: 500 } });
    const before = timers.pendingTimers;
    const answer = pricing(5_000);
    while (timers.pendingTimers === before) await new Promise((resolve) => setImmediate(resolve));
    await ask('DELETE', '/faults/slow-2');
    await timers.pass(399);
    await expect(Promise.race([answer, Promise.resolve('waiting')])).resolves.toBe('waiting');
    await timers.pass(1);
    expect(await answer).toBe(RIGHT);
  });

  it('strikes one service only, and redeploying forgets what was in memory', async () => {
    await put('f', 'crash', { serviceId: 'booking' });
    expect(await pricing()).toBe(RIGHT);
    await registry.repair('catalog');
    expect(await state('f')).toEqual({ state: 'active' });
    await registry.repair('booking');
    const url = `${hosts.get('booking')!.url}/bookings`;
    const body = { unicornId: 'ruby', days: 1 };
    const { headers } = await call({ url, method: 'POST', body, timeoutMs: 5_000 });
    const bookingUrl = `${hosts.get('booking')!.url}${headers['location']}`;
    expect((await call({ url: bookingUrl, timeoutMs: 5_000 })).status).toBe(200);
    await registry.repair('booking');
    expect((await call({ url: bookingUrl, timeoutMs: 5_000 })).status).toBe(404);
  });

  it('makes some answers fail, by percent', async () => {
    await put('f', 'error-rate', { params: { percent: 30 } });
    const answers = await Promise.all(Array.from({ length: 100 }, () => pricing(5_000)));
    const failed = answers.filter((answer) => answer === '500').length;
    expect(failed).toBeGreaterThan(10);
    expect(failed).toBeLessThan(50);
  });

  it('takes ids with slashes, encoded or not, and lists what it has', async () => {
    await put('storm-1%2Fteam-a', 'crash', { ttlMs: 5_000 });
    await timers.pass(1_000);
    expect(await state('storm-1/team-a')).toEqual({ state: 'active' });
    expect((await ask('GET', '/faults')).json).toEqual({
      faults: [
        {
          faultId: 'storm-1/team-a',
          kind: 'crash',
          serviceId: 'pricing',
          params: {},
          ttlMs: 5_000,
          state: 'active',
          remainingMs: 4_000,
        },
      ],
    });
  });

  it.each([
    [{ kind: 'meteor' }, 400, 'unknown_kind'],
    [{ serviceId: 'billing' }, 400, 'unknown_service'],
    [{ kind: 'slow', params: {} }, 400, 'invalid_params'],
    [{ kind: 'slow', params: { delayMs: -1 } }, 400, 'invalid_params'],
    [{ kind: 'slow', params: { delayMs: 10, factor: 2 } }, 400, 'invalid_params'],
    [{ kind: 'error-rate', params: { percent: 101 } }, 400, 'invalid_params'],
    [{ params: { hard: true } }, 400, 'invalid_params'],
    [{ params: { list: [] } }, 400, 'invalid_params'],
    [{ ttlMs: 0 }, 400, 'invalid_ttl'],
    [{ ttlMs: 1.5 }, 400, 'invalid_ttl'],
    [{ ttlMs: '60' }, 400, 'invalid_ttl'],
    [{ ttl: 5 }, 400, 'invalid_body'],
    [{ kind: 7 }, 400, 'invalid_body'],
  ])('refuses %j and changes nothing', async (more, status, code) => {
    const refused = await put('f', 'crash', more);
    expect(refused).toMatchObject({ status, json: { code } });
    expect(Object.keys(refused.json as object)).toEqual(['code', 'message']);
    expect(await state('f')).toEqual({ state: 'gone' });
    expect(await pricing()).toBe(RIGHT);
  });

  it('refuses an id that is in use for something else', async () => {
    await put('f', 'crash');
    expect(await put('f', 'hang')).toMatchObject({ status: 409, json: { code: 'fault_conflict' } });
    expect(await ask('POST', '/faults/f')).toMatchObject({ status: 405 });
    expect(await ask('GET', '/')).toMatchObject({ status: 404 });
  });
});
