import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTeam } from '../../../../apps/unicorn-rentals/src/sandbox/start-team.js';
import { ManualTimers } from '../../../../apps/unicorn-rentals/src/testing/manual-timers.js';
import { SandboxDriver } from '../drivers/sandbox.js';
import type { DriverSubject } from './driver-suite.js';

const TOKEN = 'a-secret-of-the-conformance-suite';
/** A customer's patience, in real time. */
const PROMPT_MS = 300;
/** More than the team's services take to answer, in the team's time, and less than `slow` adds. */
const SERVICE_MS = 1_000;

/** The real fault agent in front of a real team, whose time the test moves. */
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
    const team = await startTeam({
      teamId: 'fenrir',
      seed: 'conformance',
      skills: { router: 1, catalog: 1, pricing: 1, booking: 1, engineer: 0 },
      speed: 1,
      ports: {},
      token: TOKEN,
      timers,
    });
    const hanging = await listening(createServer(() => undefined));
    const nobody = await listening(createServer());
    const unusedPort = portOf(nobody);
    await closed(nobody);
    const at = (agentUrl: string) => ({ teamId: 'fenrir', sandbox: { agentUrl, token: TOKEN } });
    return {
      driver: new SandboxDriver(),
      target: at(team.agentUrl),
      nowhere: at(`http://127.0.0.1:${unusedPort}`),
      hanging: at(`http://127.0.0.1:${portOf(hanging)}`),
      serviceId: 'catalog',
      healthy: () => isHealthy(`${team.endpoints.catalog}/unicorns/sparkle`, timers),
      pass: (ms) => timers.advance(ms),
      repair: () => team.faults.repair('catalog'),
      async close() {
        await team.close();
        await closed(hanging);
      },
    };
  },
};

async function isHealthy(url: string, timers: ManualTimers): Promise<boolean> {
  const answer = fetch(url, { signal: AbortSignal.timeout(PROMPT_MS) })
    .then(async (response) => (response.ok ? ((await response.json()) as { hornCm?: unknown }) : null))
    .catch(() => null);
  let done = false;
  void answer.then(() => (done = true));
  // The service's own latency passes in the team's time, a little whenever the request may have arrived.
  const begin = timers.nowMs();
  while (!done) {
    if (timers.nowMs() - begin < SERVICE_MS) await timers.advance(10);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  return (await answer)?.hornCm === 42;
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
