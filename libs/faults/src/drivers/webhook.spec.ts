import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { describeUnless } from '../conformance/driver-suite.js';
import { closed, listening, portOf } from '../testing/servers.js';
import type { FaultOrder } from '../driver.js';
import { WebhookDriver } from './webhook.js';

const SECRET = `whsec_${Buffer.from('a secret that only the two of us know').toString('base64')}`;
const ORDER: FaultOrder = {
  id: 'storm/fenrir',
  kind: 'webhook',
  teamId: 'fenrir',
  serviceId: 'catalog',
  params: { action: 'unplug' },
  ttlMs: 60_000,
};
const signal = () => AbortSignal.timeout(5_000);
const targetAt = (url: string) => ({ teamId: 'fenrir', webhook: { default: { url, secretEnv: 'HOOK' } } });
const driver = new WebhookDriver({ nowMs: () => Date.now(), env: { HOOK: SECRET } });

describe('webhook driver with misbehaving receivers', () => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  beforeAll(async () => {
    server = await listening(createServer((request, response) => answer(request, response)));
  });
  afterAll(() => closed(server));
  const target = () => targetAt(`http://127.0.0.1:${portOf(server)}/`);

  it.each([
    [400, false],
    [401, false],
    [408, true],
    [429, true],
    [500, true],
  ])('status %i: whether trying again may help is %s', async (status, retryable) => {
    answer = (_request, response) => response.writeHead(status).end('some words');
    await expect(driver.fire(target(), ORDER, signal())).rejects.toMatchObject({
      code: 'fault_refused',
      retryable,
      message: expect.stringContaining(`${status} some words`),
    });
  });

  it('follows no redirect and accepts no answer but a fault state', async () => {
    answer = (_request, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    await expect(driver.fire(target(), ORDER, signal())).rejects.toMatchObject({
      code: 'webhook_unreachable',
    });
    for (const body of ['', '[]', '{"state":"fine"}', 'x'.repeat(20_000)]) {
      answer = (_request, response) => response.end(body);
      await expect(driver.verify(target(), ORDER, signal())).rejects.toMatchObject({ retryable: true });
    }
  });

  it('names the variable that lacks a secret, but never its content', async () => {
    for (const env of [{}, { HOOK: '' }, { HOOK: 'whsec_***not base64***' }]) {
      const without = new WebhookDriver({ nowMs: () => Date.now(), env });
      await expect(without.fire(target(), ORDER, signal())).rejects.toMatchObject({
        code: 'webhook_secret_missing',
        retryable: false,
        message: expect.stringMatching(/^(?!.*not base64).*\bHOOK\b/),
      });
    }
  });
});

const python = spawnSync('python3', ['--version']);

describeUnless(
  python.error ? 'no python3; install python3' : null,
  'the receiver of docs/examples, which shares no code with the driver',
  () => {
    const path = fileURLToPath(new URL('../../../../docs/examples/webhook_receiver.py', import.meta.url));
    let receiver: ChildProcess;
    let output = '';
    let url: string;

    beforeAll(async () => {
      receiver = spawn('python3', [path, '0'], {
        env: { ...process.env, PAYDAY_WEBHOOK_SECRET: SECRET },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      receiver.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
      while (!/http:\S+/.test(output)) await once(receiver.stdout!, 'data');
      url = /http:\S+/.exec(output)![0];
    });
    afterAll(async () => {
      receiver.kill();
      await once(receiver, 'exit');
    });

    it('fires and reverts by signed calls', async () => {
      const target = targetAt(url);
      await driver.fire(target, ORDER, signal());
      await driver.fire(target, ORDER, signal());
      expect(await driver.confirm(target, ORDER, signal())).toBe('active');
      await driver.revert(target, ORDER, signal());
      await driver.revert(target, ORDER, signal());
      expect(await driver.verify(target, ORDER, signal())).toBe('gone');
      expect(output.split('\n').slice(1, -1)).toEqual([
        'unplugging catalog of fenrir',
        'plugging in catalog of fenrir',
      ]);
    });

    it('ends a fault by itself', async () => {
      const target = targetAt(url);
      const short = { ...ORDER, id: 'short/fenrir', ttlMs: 300 };
      await driver.fire(target, short, signal());
      while ((await driver.verify(target, short, signal())) !== 'gone')
        await new Promise((resolve) => setTimeout(resolve, 50));
    });

    it('refuses calls with a wrong or old signature, and unknown ones', async () => {
      const refused = { code: 'fault_refused', retryable: false };
      const other = new WebhookDriver({ nowMs: () => Date.now(), env: { HOOK: 'whsec_b3RoZXI=' } });
      const late = new WebhookDriver({ nowMs: () => Date.now() - 400_000, env: { HOOK: SECRET } });
      for (const wrong of [other, late])
        await expect(wrong.fire(targetAt(url), ORDER, signal())).rejects.toMatchObject(refused);
      const unknown = { ...ORDER, params: { action: 'explode' } };
      await expect(driver.fire(targetAt(url), unknown, signal())).rejects.toMatchObject(refused);
      expect(await driver.verify(targetAt(url), ORDER, signal())).toBe('gone');
    });
  },
);
