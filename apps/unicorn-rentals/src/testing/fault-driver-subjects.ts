import { createServer } from 'node:http';
import { createDriver, type FaultAgent, type FaultDriver, type FaultTarget } from '#faults';
import {
  closed,
  listening,
  portOf,
  unusedPort,
  type DriverBench,
  type DriverSubject,
} from '#faults/conformance';
import { randomStream } from '#kernel';
import { ManualTime } from '#testing';
import { createService } from '../http/listener.js';
import { agentProblem, createAgent } from '../sandbox/agent.js';
import { FaultRegistry } from '../sandbox/fault-registry.js';
import { TcpProxy } from '../sandbox/proxy/tcp-proxy.js';
import { ServiceHost } from '../sandbox/service-host.js';
import { createCatalog } from '../services/catalog.js';

const TOKEN = 'a-secret-of-the-conformance-suite';
/** Timeout of a customer, in real time. */
const PROMPT_MS = 300;

/** The real fault agent in front of a real service, without an engineer and with a simulated clock. */
export const sandboxSubject: DriverSubject = {
  params: {
    crash: {},
    slow: { delayMs: 30_000 },
    'wrong-answer': {},
    hang: {},
    'error-rate': { percent: 100 },
    'config-vanishes': {},
    'memory-leak': { mebibytesPerSecond: 8, capMebibytes: 8 },
  },
  badParams: [
    ['slow', {}],
    ['slow', { delayMs: 0 }],
    ['slow', { delayMs: 'long' }],
    ['slow', { delayMs: 60_001 }],
    ['error-rate', { percent: 101 }],
    ['error-rate', { percent: 0.5 }],
    ['crash', { delayMs: 100 }],
    ['config-vanishes', { percent: 5 }],
    ['memory-leak', { mebibytesPerSecond: 17, capMebibytes: 64 }],
    ['memory-leak', { mebibytesPerSecond: 1, capMebibytes: 65 }],
    ['memory-leak', { mebibytesPerSecond: 1 }],
  ],
  repairable: true,
  deadMan: true,
  open: () => openTeam(createDriver('sandbox'), (sandbox) => ({ teamId: 'fenrir', sandbox })),
};

/** The same team, with its services behind the real proxies. */
export const tcpProxySubject: DriverSubject = {
  params: {
    latency: { delayMs: 30_000 },
    jitter: { maxMs: 60_000 },
    reset: { percent: 100 },
    'black-hole': {},
    bandwidth: { bytesPerSecond: 10 },
  },
  badParams: [
    ['latency', {}],
    ['latency', { delayMs: 60_001 }],
    ['jitter', { maxMs: 0 }],
    ['reset', { percent: 0 }],
    ['black-hole', { percent: 50 }],
    ['bandwidth', { bytesPerSecond: 0.5 }],
  ],
  repairable: false,
  deadMan: true,
  open: () => openTeam(createDriver('tcp-proxy'), (tcpProxy) => ({ teamId: 'fenrir', tcpProxy })),
};

async function openTeam(
  driver: FaultDriver,
  targetWith: (agent: FaultAgent) => FaultTarget,
): Promise<DriverBench> {
  const timers = new ManualTime(0);
  const catalog = new ServiceHost({ create: createCatalog, timers });
  await catalog.start(0);
  const proxy = new TcpProxy({ servicePort: () => Number(new URL(catalog.url).port), timers });
  await proxy.start(0);
  const registry = new FaultRegistry({
    hosts: new Map([['catalog', catalog]]),
    networks: new Map([['catalog', proxy]]),
    random: randomStream('conformance', 'faults'),
    timers,
  });
  const agent = await listening(
    createService(createAgent({ registry, token: TOKEN, timers }), { renderProblem: agentProblem }),
  );
  const hanging = await listening(createServer(() => undefined));
  const at = (port: number) => targetWith({ agentUrl: `http://127.0.0.1:${port}`, token: TOKEN });
  return {
    driver,
    target: at(portOf(agent)),
    nowhere: at(await unusedPort()),
    hanging: at(portOf(hanging)),
    serviceId: 'catalog',
    healthy: () => isHealthy(`${proxy.url}/unicorns/sparkle`),
    pass: (ms) => timers.pass(ms),
    repair: () => registry.repair('catalog'),
    async close() {
      registry.close();
      await proxy.close();
      await catalog.close();
      await closed(agent);
      await closed(hanging);
    },
  };
}

/** Whether a customer gets the correct answer about a unicorn, promptly. */
async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROMPT_MS) });
    const { name, hornCm, seats } = (await response.json()) as Record<string, unknown>;
    return response.ok && name === 'Sparkle' && hornCm === 42 && seats === 1;
  } catch {
    return false;
  }
}
