import { createServer, type RequestListener, type Server } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { AllowedRange, systemClock } from '#runtime';
import type { RenderedRequest } from '#scenario';
import { AddressGuard } from './address-guard.js';
import { Endpoint, type EndpointLimits } from './endpoint.js';
import type { ExchangeResult } from './exchange.js';
import { systemNames } from '../dns/index.js';
import { endpointParts } from '../testing/endpoint-parts.js';
import { MemoryBudget } from './memory-budget.js';

const LIMITS: EndpointLimits = { maxInFlight: 4, maxQueued: 4, maxBodyBytes: 10_000, maxHeldBytes: 100_000 };
const GET: RenderedRequest = {
  method: 'GET',
  path: '/x',
  headers: {},
  expect: { status: 200, contains: 'x' },
};

const names = systemNames({ servers: [], ingestUrl: 'http://127.0.0.1' }, systemClock).of('team');
const PARTS = endpointParts(
  new AddressGuard({ allow: [AllowedRange.parse('127.0.0.0/8')], deniedOrigins: [] }),
  names,
);
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function listen(server: Server | TcpServer): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ),
  );
}
const http = (handler: RequestListener): Promise<string> => listen(createServer(handler));
const tcp = (handler: (socket: Socket) => void): Promise<string> => listen(createTcpServer(handler));

function endpoint(url: string, limits: Partial<EndpointLimits> = {}, memory?: MemoryBudget): Endpoint {
  const made = new Endpoint(url, { ...LIMITS, ...limits }, { ...PARTS, ...(memory ? { memory } : {}) });
  closing.push(() => made.destroy());
  return made;
}

/** Sends a request and ends it at its deadline, as the prober does. */
function send(
  to: Endpoint,
  request: Partial<RenderedRequest> = {},
  deadlineMs = 5_000,
): Promise<ExchangeResult> {
  return new Promise((resolve) => {
    const exchange = to.send({ ...GET, ...request }, resolve);
    const timer = setTimeout(() => exchange.timeOut('deadline'), deadlineMs);
    closing.push(() => clearTimeout(timer));
  });
}

const failure = (outcome: string, got: RegExp | string = /./): unknown => ({
  kind: 'failure',
  outcome,
  got: expect.stringMatching(got),
});

describe('Endpoint', () => {
  it('delivers answers with bodies over one keep-alive connection', async () => {
    let connections = 0;
    const seen: string[] = [];
    const server = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk) => (body += String(chunk)));
      req.on('end', () => {
        seen.push(`${req.method} ${req.url} ${req.headers['x-a'] ?? ''} ${body}`);
        res.end('x ü');
      });
    }).on('connection', () => connections++);
    const target = endpoint(`${await listen(server)}/base/`);
    expect(await send(target)).toEqual({ kind: 'answer', status: 200, bodyText: 'x ü', proof: null });
    await send(target, { method: 'POST', path: '/y?q=1', headers: { 'x-a': 'b' }, body: '{"n":1}' });
    expect(seen).toEqual(['GET /base/x  ', 'POST /base/y?q=1 b {"n":1}']);
    expect(connections).toBe(1);
    expect([target.inFlight, target.heldBytes]).toEqual([0, 0]);
  });

  it('keeps the body only if it is needed, and only an excerpt for a wrong status', async () => {
    const target = endpoint(
      await http((req, res) => res.writeHead(req.url === '/x' ? 200 : 500).end('x'.repeat(5000))),
    );
    expect(await send(target, { expect: { status: 200 } })).toEqual({
      kind: 'answer',
      status: 200,
      bodyText: '',
      proof: null,
    });
    expect(await send(target, { path: '/bad' })).toMatchObject({ status: 500, bodyText: 'x'.repeat(1024) });
  });

  it('follows no redirects', async () => {
    let followed = 0;
    const target = endpoint(
      await http((req, res) => {
        if (req.url === '/there') followed++;
        res.writeHead(302, { location: '/there' }).end();
      }),
    );
    expect(await send(target)).toEqual(failure('redirect', 'status 302, redirect to /there'));
    expect(await send(target, { expect: { status: 302 } })).toMatchObject({ kind: 'answer', status: 302 });
    expect(followed).toBe(0);
  });

  it('refuses 50 MB and an endless stream, and closes the socket', async () => {
    let sent = 0;
    const closed = new Promise<void>((resolve) => {
      void http((req, res) => {
        if (req.url === '/announced')
          return void res.writeHead(200, { 'content-length': 50_000_000 }).write('x');
        const more = (): void => {
          while (sent < 500_000_000 && res.write('x'.repeat(10_000))) sent += 10_000;
        };
        res.on('drain', more).on('close', resolve);
        more();
      }).then(async (url) => {
        const target = endpoint(url);
        expect(await send(target, { path: '/announced' })).toEqual(failure('too_large', /50000000 bytes/));
        expect(await send(target)).toEqual(failure('too_large', /at most 10000 bytes/));
        expect([target.inFlight, target.heldBytes]).toEqual([0, 0]);
      });
    });
    await closed;
    expect(sent).toBeLessThan(50_000_000);
  });

  it('ends a request that hangs, trickles headers or trickles a body at the deadline', async () => {
    const hanging = endpoint(await tcp(() => {}));
    const trickling = endpoint(
      await tcp((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('a: b\r\n'), 5);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    const dripping = endpoint(
      await http((_req, res) => {
        const timer = setInterval(() => res.write('x'), 5);
        res.on('close', () => clearInterval(timer));
      }),
    );
    const results = await Promise.all([hanging, trickling, dripping].map((target) => send(target, {}, 100)));
    expect(results).toEqual([failure('timeout'), failure('timeout'), failure('timeout')]);
    for (const target of [hanging, trickling, dripping])
      expect([target.inFlight, target.heldBytes]).toEqual([0, 0]);
  });

  it('bounds the headers', async () => {
    const target = endpoint(
      await tcp((socket) => socket.write(`HTTP/1.1 200 OK\r\nbig: ${'x'.repeat(100_000)}\r\n`)),
    );
    expect(await send(target)).toEqual(failure('too_large'));
  });

  it.each<[string, (socket: Socket) => void]>([
    ['speaks no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['sends random bytes', (socket) => socket.write(Buffer.from([0, 255, 1, 254, 13, 10, 13, 10]))],
    ['closes at once', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
    ['ends within the body', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx')],
  ])('calls it connect_error if the peer %s', async (_what, handler) => {
    const target = endpoint(await tcp((socket) => socket.once('data', () => handler(socket))));
    expect(await send(target)).toEqual(failure('connect_error'));
    expect(target.inFlight).toBe(0);
  });

  it('explains a refused connection, and TLS on a plain port', async () => {
    const url = await http((_req, res) => res.end('x'));
    expect(await send(endpoint(url.replace('http:', 'https:')))).toEqual(failure('tls_error'));
    const gone = await listen(createServer());
    await closing.pop()!();
    expect(await send(endpoint(gone))).toEqual(failure('connect_error', /ECONNREFUSED/));
  });

  it('retries once, on a fresh connection, when an idle connection was closed under the request', async () => {
    let answers = 0;
    const url = await tcp((socket) => {
      let served = false;
      socket.on('data', () => {
        // A connection serves one answer; the next request on it is reset.
        if (served) return void socket.resetAndDestroy();
        served = true;
        answers++;
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx');
      });
    });
    const target = endpoint(url);
    const results = [await send(target), await send(target), await send(target)];
    expect(results.map(({ kind }) => kind)).toEqual(['answer', 'answer', 'answer']);
    expect(answers).toBe(3);
    expect(target.inFlight).toBe(0);
  });

  it('does not retry once a byte of the answer has arrived', async () => {
    let requests = 0;
    const url = await tcp((socket) => {
      let served = 0;
      socket.on('data', () => {
        requests++;
        if (served++ === 0) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx');
        else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nx');
      });
    });
    const target = endpoint(url);
    await send(target);
    expect(await send(target)).toEqual(failure('connect_error'));
    expect(requests).toBe(2);
  });

  it('bounds requests in flight and waiting, and serves the queue in order', async () => {
    const waiting: (() => void)[] = [];
    const order: string[] = [];
    const target = endpoint(
      await http((req, res) => {
        order.push(req.url!);
        waiting.push(() => res.end('x'));
      }),
      { maxInFlight: 2, maxQueued: 2 },
    );
    const paths = ['/1', '/2', '/3', '/4', '/5'];
    const all = paths.map((path) => send(target, { path }));
    expect([target.inFlight, target.queued]).toEqual([2, 2]);
    expect(await all[4]).toEqual(failure('timeout', /no answer to the 4 requests before/));
    while (order.length < 4 || waiting.length > 0) {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await Promise.all(all.slice(0, 4))).map(({ kind }) => kind)).toEqual(Array(4).fill('answer'));
    expect(order.slice(2)).toEqual(['/3', '/4']);
  });

  it('skips a request that timed out while it waited', async () => {
    const seen: string[] = [];
    const target = endpoint(
      await tcp((socket) => socket.on('data', (data) => seen.push(String(data).slice(4, 6)))),
      {
        maxInFlight: 1,
      },
    );
    const first = send(target, { path: '/1' }, 60);
    const second = send(target, { path: '/2' }, 20);
    expect(await second).toEqual(failure('timeout'));
    expect(await first).toEqual(failure('timeout'));
    expect([target.inFlight, target.queued]).toEqual([0, 0]);
    expect(seen).toEqual(['/1']);
  });

  it("stays within its memory, and distinguishes the endpoint's limit from the prober's", async () => {
    const url = await http((_req, res) => void res.write('x'.repeat(600)));
    const own = endpoint(url, { maxHeldBytes: 1000 });
    const [, second] = [send(own, {}, 300), send(own, {}, 300)];
    expect(await Promise.race([second, send(own, {}, 300)])).toEqual(failure('too_large', /fill 1000 bytes/));
    const shared = new MemoryBudget(1000);
    const pair = [endpoint(url, {}, shared), endpoint(url, {}, shared)].map((target) =>
      send(target, {}, 300),
    );
    expect(await Promise.race(pair)).toEqual(failure('prober_error'));
    await Promise.all(pair);
    expect(shared.used).toBe(0);
  });

  it('refuses addresses by policy, even behind a name', async () => {
    const url = await http((_req, res) => res.end('x'));
    const guard = new AddressGuard({ allow: [], deniedOrigins: [] });
    for (const each of [url, url.replace('127.0.0.1', 'localhost')]) {
      const target = new Endpoint(each, LIMITS, endpointParts(guard, names));
      expect(await send(target)).toEqual(failure('connect_error', /address not allowed/));
      target.destroy();
    }
    expect(() => endpoint('ftp://127.0.0.1/')).toThrow(TypeError);
  });
});
