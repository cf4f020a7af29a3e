import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomStream } from '#kernel';
import { createService } from '../../../../apps/unicorn-rentals/src/http/listener.js';
import { agentProblem, createAgent } from '../../../../apps/unicorn-rentals/src/sandbox/agent.js';
import { FaultRegistry } from '../../../../apps/unicorn-rentals/src/sandbox/fault-registry.js';
import { ServiceHost } from '../../../../apps/unicorn-rentals/src/sandbox/service-host.js';
import { createCatalog } from '../../../../apps/unicorn-rentals/src/services/catalog.js';
import { ManualTimers } from '../../../../apps/unicorn-rentals/src/testing/manual-timers.js';
import { SandboxDriver } from '../drivers/sandbox.js';
import type { DriverSubject } from './driver-suite.js';

const TOKEN = 'a-secret-of-the-conformance-suite';
/** A customer's patience, in real time. */
const PROMPT_MS = 300;
/** The real fault agent in front of a real service, without an engineer; the test moves their time. */
export const sandboxSubject: DriverSubject = {
  params: {
    crash: {},
    slow: { delayMs: 30_000 },
    'wrong-answer': {},
    hang: {},
    'error-rate': { percent: 100 },
  },
  badParams: [
    ['slow', {}],
    ['slow', { delayMs: 0 }],
    ['slow', { delayMs: 'long' }],
    ['slow', { delayMs: 60_001 }],
    ['error-rate', { percent: 101 }],
    ['error-rate', { percent: 0.5 }],
    ['crash', { delayMs: 100 }],
  ],
  async open() {
    const timers = new ManualTimers();
    const catalog = new ServiceHost({ create: createCatalog, timers });
    await catalog.start(0);
    const registry = new FaultRegistry({
      hosts: new Map([['catalog', catalog]]),
      random: randomStream('conformance', 'faults'),
      timers,
    });
    const agent = await listening(
      createService(createAgent({ registry, token: TOKEN, timers }), { renderProblem: agentProblem }),
    );
    const hanging = await listening(createServer(() => undefined));
    const nobody = await listening(createServer());
    const unusedPort = portOf(nobody);
    await closed(nobody);
    const at = (agentUrl: string) => ({ teamId: 'fenrir', sandbox: { agentUrl, token: TOKEN } });
    return {
      driver: new SandboxDriver(),
      target: at(`http://127.0.0.1:${portOf(agent)}`),
      nowhere: at(`http://127.0.0.1:${unusedPort}`),
      hanging: at(`http://127.0.0.1:${portOf(hanging)}`),
      serviceId: 'catalog',
      healthy: () => isHealthy(`${catalog.url}/unicorns/sparkle`),
      pass: (ms) => timers.advance(ms),
      repair: () => registry.repair('catalog'),
      async close() {
        registry.close();
        await catalog.close();
        await closed(agent);
        await closed(hanging);
      },
    };
  },
};

/** Whether the service tells a customer the truth about a unicorn, promptly. */
async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROMPT_MS) });
    const { name, hornCm, seats } = (await response.json()) as Record<string, unknown>;
    return response.ok && name === 'Sparkle' && hornCm === 42 && seats === 1;
  } catch {
    return false;
  }
}

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  const end = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await end;
}
