import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AllowedRange, systemClock } from '#runtime';
import type { RenderedRequest } from '#scenario';
import { systemNames } from '../dns/index.js';
import { GuardedAddressBook } from '../http/address-book.js';
import { AddressGuard } from '../http/address-guard.js';
import type { ExchangeResult } from '../http/exchange.js';
import type { Call, ServiceClient, Verdict } from '../service-client/service-client.js';
import { Quarantine } from './quarantine.js';
import { HttpServers } from '../testing/http-server.js';

/** A thread can only run built code, as `npm start` does. */
const workerUrl = pathToFileURL(join(process.cwd(), 'dist/apps/prober/src/quarantine/worker.js'));
const REQUEST: RenderedRequest = {
  method: 'GET',
  path: '/x',
  headers: {},
  expect: { status: 200, json: { ok: true } },
};

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await servers.closeAll();
});

const servers = new HttpServers();
const http = (handler: RequestListener): Promise<string> => servers.listen(handler);

function setUp(allow = '127.0.0.0/8') {
  const crashes: unknown[] = [];
  const quarantine = new Quarantine({
    monotonicUs: () => Math.floor(performance.now() * 1000),
    onCrash: (error) => crashes.push(error),
    workerUrl,
  });
  closing.push(() => quarantine.close());
  const guard = new AddressGuard({ allow: [AllowedRange.parse(allow)], deniedOrigins: [] });
  const names = systemNames({ servers: [], ingestUrl: 'http://127.0.0.1' }, systemClock).of('team');
  const open = (url: string, maxBodyBytes = 10_000): ServiceClient =>
    quarantine.openEndpoint({
      teamId: 'team',
      url,
      limits: { maxInFlight: 4, maxQueued: 4, maxBodyBytes, maxHeldBytes: 64 * 1024 * 1024 },
      work: { perRequestUs: 1_000_000, capacityUs: 1_000_000 },
      userAgent: 'payday/test',
      book: new GuardedAddressBook(guard, names),
    });
  return { quarantine, open, crashes };
}

const call = (service: ServiceClient, begun: (call: Call) => void = () => {}): Promise<Verdict> =>
  new Promise((resolve) => begun(service.call(REQUEST, (verdict) => resolve(verdict))));

describe('Quarantine', () => {
  it('calls and judges as outside of quarantine, by address and by name', async () => {
    const url = await http((req, res) => {
      res.setHeader('payday-team', 'pt_x');
      if (req.url === '/base/x') res.end('{"ok":true}');
      else res.writeHead(500).end('no');
    });
    const { open } = setUp();
    expect(await call(open(`${url}/base`))).toEqual({ outcome: 'ok', got: '', proof: 'pt_x' });
    expect(await call(open(url.replace('127.0.0.1', 'localhost')))).toMatchObject({
      outcome: 'bad_status',
      got: 'status 500: no',
    });
    const asked = await new Promise<ExchangeResult>((resolve) => open(url).sendRequest(REQUEST, resolve));
    expect(asked).toEqual({ kind: 'answer', status: 500, bodyText: 'no', proof: 'pt_x' });
  });

  it('asks the prober what may be called', async () => {
    let hits = 0;
    const url = await http((_req, res) => res.end(String(hits++)));
    const { open } = setUp('10.0.0.0/8');
    expect(await call(open(url))).toMatchObject({
      outcome: 'connect_error',
      got: expect.stringMatching(/address not allowed/),
    });
    expect(hits).toBe(0);
    expect(() => open('ftp://x')).toThrow(TypeError);
  });

  it('enforces deadlines itself, whatever the thread does', async () => {
    const { open } = setUp();
    const hangs = await http(() => {});
    const verdict = await call(open(hangs), (begun) => begun.timeOut('no answer'));
    expect(verdict).toEqual({ outcome: 'timeout', got: 'no answer' });
  });

  it('fails requests in a thread that ends, and continues with another', async () => {
    // As JSON this takes more memory than the thread has.
    const bomb = `[${'{},'.repeat(5_000_000)}{}]`;
    let isBad = true;
    const url = await http((_req, res) => res.end(isBad ? bomb : '{"ok":true}'));
    const { open, crashes } = setUp();
    const service = open(url, 16 * 1024 * 1024);
    expect(await call(service)).toMatchObject({ outcome: 'too_large', got: expect.stringMatching(/thread/) });
    expect(crashes).toHaveLength(1);
    isBad = false;
    expect(await call(service)).toMatchObject({ outcome: 'ok' });
  }, 60_000);
});
