import { createServer, type IncomingMessage } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { ManualTime } from '#testing';
import { WebhookDriver } from '../drivers/webhook.js';
import type { DriverSubject } from './driver-suite.js';
import { closed, listening, portOf, unusedPort } from '../testing/servers.js';

const SECRET = `whsec_${Buffer.from('a secret of the conformance suite').toString('base64')}`;

/** A receiver with a simulated clock that verifies every call with the Standard Webhooks library. */
export const webhookSubject: DriverSubject = {
  params: { webhook: { action: 'unplug', rack: 4 } },
  badParams: [
    ['webhook', {}],
    ['webhook', { action: '' }],
    ['webhook', { action: 'rm -rf' }],
    ['webhook', { action: 7 }],
  ],
  repairable: true,
  deadMan: true,
  async open() {
    const timers = new ManualTime(0);
    const faults = new Map<string, { state: 'active' | 'repaired'; cancel: () => void }>();
    const receiver = await listening(
      createServer((request, response) => {
        answer(request).then(
          (body) => response.end(JSON.stringify(body)),
          (error: Error) => response.writeHead(401).end(error.message),
        );
      }),
    );
    async function answer(request: IncomingMessage) {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const headers = request.headers as Record<string, string>;
      const message = new Webhook(SECRET).verify(Buffer.concat(chunks), headers) as {
        type: string;
        data: { faultId: string; ttlMs: number };
      };
      const { faultId, ttlMs } = message.data;
      if (message.type === 'dev.payday.fault.fire' && faults.get(faultId)?.state !== 'repaired') {
        faults.get(faultId)?.cancel();
        faults.set(faultId, { state: 'active', cancel: timers.after(ttlMs, () => faults.delete(faultId)) });
      }
      if (message.type === 'dev.payday.fault.revert') faults.delete(faultId);
      return { state: faults.get(faultId)?.state ?? 'gone' };
    }
    const hanging = await listening(createServer(() => undefined));
    const at = (port: number) => ({
      teamId: 'fenrir',
      webhook: {
        services: { catalog: { url: `http://127.0.0.1:${port}/payday`, secretEnv: 'HOOK_SECRET' } },
      },
    });
    return {
      driver: new WebhookDriver({ nowMs: () => Date.now(), env: { HOOK_SECRET: SECRET } }),
      target: at(portOf(receiver)),
      nowhere: at(await unusedPort()),
      hanging: at(portOf(hanging)),
      serviceId: 'catalog',
      healthy: async () => ![...faults.values()].some(({ state }) => state === 'active'),
      pass: (ms) => timers.pass(ms),
      async repair() {
        for (const fault of faults.values()) {
          fault.cancel();
          fault.state = 'repaired';
        }
      },
      async close() {
        await Promise.all([receiver, hanging].map(closed));
      },
    };
  },
};
