import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { ManualTime } from '#testing';
import { call, keepAliveAgent } from '../../http/client.js';
import type { NetworkEffect } from '../faults/kind.js';
import { TcpProxy } from './tcp-proxy.js';

const BIG = 'x'.repeat(4 * 1024 * 1024);
let service: Server;
let served: number;
let proxy: TcpProxy;
let timers: ManualTime;
let agent: ReturnType<typeof keepAliveAgent>;

beforeEach(async () => {
  served = 0;
  timers = new ManualTime(0);
  agent = keepAliveAgent();
  service = createServer((request, response) => {
    served++;
    request.resume();
    request.on('end', () => response.end(JSON.stringify(request.url === '/big' ? BIG : { n: served })));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  proxy = new TcpProxy({ servicePort: () => port, timers });
  await proxy.start(0);
});
afterEach(async () => {
  agent.destroy();
  await proxy.close();
  service.close();
  service.closeAllConnections();
});

const act = (id: string, network: NetworkEffect): Promise<void> => proxy.addEffect(id, { network });
const ask = (path = '/', more: object = {}) =>
  call({ url: `${proxy.url}${path}`, timeoutMs: 2_000, maxBytes: 8 * 1024 * 1024, agent, ...more });
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('the TCP proxy', () => {
  it('passes requests and answers on, also large ones, on one kept connection', async () => {
    expect((await ask()).json).toEqual({ n: 1 });
    expect((await ask('/big')).json).toBe(BIG);
    expect((await ask('/', { method: 'POST', body: BIG })).json).toEqual({ n: 3 });
    expect(proxy.connections).toBe(1);
  });

  it('strikes a connection that is open already', async () => {
    await ask();
    await act('hole', { isBlackHole: true });
    const answer = ask();
    await expect(Promise.race([answer, pausing(50)])).resolves.toBe('waiting');
    expect(served).toBe(1);
    await proxy.removeEffect('hole');
    expect((await answer).json).toEqual({ n: 2 });
  });

  it('resets the connection of a request, also a kept one', async () => {
    await ask();
    let isReset = true;
    await act('reset', { drawReset: () => isReset });
    await expect(ask('/', { method: 'POST' })).rejects.toThrow(/ECONNRESET|hang up/);
    isReset = false;
    expect((await ask()).json).toEqual({ n: 2 });
    expect(served).toBe(2);
  });

  it('holds back no more of a large answer than its bound', async () => {
    await act('slow', { drawDelayMs: () => 60_000 });
    const answer = ask('/big', { timeoutMs: 10_000 });
    await until(() => proxy.heldBytes > 256 * 1024);
    await pausing(50);
    // One more piece may have been on its way.
    expect(proxy.heldBytes).toBeLessThan(512 * 1024);
    await proxy.removeEffect('slow');
    expect((await answer).json).toBe(BIG);
  });

  it('cuts both sides when one is gone, and forgets them', async () => {
    const client = await opened();
    await until(() => proxy.connections === 1);
    client.destroy();
    await until(() => proxy.connections === 0);

    await ask();
    expect(proxy.connections).toBe(1);
    service.closeAllConnections();
    await until(() => proxy.connections === 0);
  });

  it('resets customers while the service does not listen', async () => {
    service.close();
    service.closeAllConnections();
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(proxy.connections).toBe(0);
  });

  it('lets go of customers who give up in a black hole', async () => {
    await act('hole', { isBlackHole: true });
    await expect(ask('/', { timeoutMs: 100, agent: undefined })).rejects.toThrow('no answer');
    await until(() => proxy.connections === 0);
  });

  async function opened(): Promise<Socket> {
    const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }
});

function pausing(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve('waiting'), ms));
}
