import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FaultOrder } from '../driver.js';
import { performCall } from '../perform-call.js';
import { SandboxDriver } from './sandbox.js';

const ORDER: FaultOrder = {
  id: 'bad deploy?/fenrir',
  kind: 'slow',
  teamId: 'fenrir',
  serviceId: 'catalog',
  params: { delayMs: 250 },
  ttlMs: 30_000,
};

/** The driver against a real HTTP server with arbitrary answers. */
describe('sandbox driver with misbehaving agents', () => {
  const driver = new SandboxDriver();
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => answer(request, response, body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const target = () => {
    const { port } = server.address() as AddressInfo;
    return { teamId: 'fenrir', sandbox: { agentUrl: `http://127.0.0.1:${port}`, token: 's3cret' } };
  };
  const signal = () => AbortSignal.timeout(5_000);
  const says = (status: number, body: string, headers: Record<string, string> = {}): void => {
    answer = (_request, response) => response.writeHead(status, headers).end(body);
  };
  const fire = () => driver.fire(target(), ORDER, signal());

  it('sends the order, with the id as one segment and the secret as a bearer token', async () => {
    const seen: unknown[] = [];
    answer = ({ method, url, headers }, response, body) => {
      seen.push([method, url, headers.authorization, body === '' ? null : JSON.parse(body)]);
      response.end('{"state":"active"}');
    };
    await fire();
    await driver.revert(target(), ORDER, signal());
    expect(await driver.verify(target(), ORDER, signal())).toBe('active');
    const url = '/faults/bad%20deploy%3F%2Ffenrir';
    const { kind, serviceId, params, ttlMs } = ORDER;
    expect(seen).toEqual([
      ['PUT', url, 'Bearer s3cret', { kind, serviceId, params, ttlMs }],
      ['DELETE', url, 'Bearer s3cret', null],
      ['GET', url, 'Bearer s3cret', null],
    ]);
  });

  it.each([
    [400, false],
    [401, false],
    [409, false],
    [429, true],
    [500, true],
    [503, true],
  ])('status %i: whether trying again may help is %s', async (status, retryable) => {
    says(status, '{"code":"some_code","message":"some words"}');
    await expect(fire()).rejects.toMatchObject({
      code: 'fault_refused',
      retryable,
      message: expect.stringContaining(`${status} some_code: some words`),
    });
  });

  it('follows no redirect, so the secret reaches no other host', async () => {
    says(302, '', { location: 'http://127.0.0.1:1/' });
    await expect(fire()).rejects.toMatchObject({ code: 'fault_agent_unreachable' });
  });

  it('accepts no answer that does not come from an agent', async () => {
    for (const body of ['', 'hello', 'null', '[]', '{"state":"fine"}']) {
      says(200, body);
      await expect(driver.verify(target(), ORDER, signal())).rejects.toMatchObject({ retryable: true });
    }
  });

  it('bounds the length of an answer', async () => {
    let writing = true;
    answer = (_request, response) => {
      response.on('close', () => (writing = false));
      const pour = (): void => {
        while (writing && response.write('x'.repeat(8_192)));
        if (writing) response.once('drain', pour);
      };
      pour();
    };
    await expect(fire()).rejects.toMatchObject({
      message: expect.stringContaining('longer than 16384 bytes'),
    });
  });

  it('says why a connection failed', async () => {
    answer = (_request, response) => response.destroy();
    await expect(fire()).rejects.toMatchObject({ message: expect.not.stringMatching(/fetch failed/) });
  });

  it('gives reasons that can be stored and shown: one bounded line', async () => {
    says(500, `first\nsecond\u0000${'x'.repeat(1_000)}`);
    const call = { operation: 'fire' as const, number: 7 };
    const input = await performCall(driver, call, target(), ORDER, signal());
    expect(input).toMatchObject({ type: 'driver-failed', call: 7, retryable: true });
    const { reason } = input as { reason: string };
    expect(reason.length).toBeLessThanOrEqual(300);
    expect(reason).toMatch(/first second x/);
  });
});
