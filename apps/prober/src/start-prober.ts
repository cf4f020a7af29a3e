import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Registry } from 'prom-client';
import type { EventLog } from '#event-log';
import type { Clock } from '#kernel';
import type { Logger } from '#runtime';
import { createSpikeAgent } from './agent/spike-agent.js';
import { SpikeBook } from './agent/spike-book.js';
import type { AgentConfig, ProberConfig } from './config.js';
import { GameWatcher } from './game-watcher.js';
import { AddressGuard } from './http/address-guard.js';
import { NameCache, guardedConnect } from './http/guarded-connector.js';
import { createProberMetrics, registerOwnershipMetrics, type ProberMetrics } from './metrics.js';
import { FindingsReporter, OwnershipDesk, SharedAddresses } from './ownership/index.js';
import { PROBER_DEFAULTS, Prober } from './prober.js';
import { REPORTER_DEFAULTS, Reporter } from './reporter.js';
import { watchGameEvents } from './watch-game-events.js';

/** Pause between ticks: while requests are due or under way, and while nothing is. */
const BUSY_TICK_MS = 1;
const IDLE_TICK_MS = 20;
const TELL_FINDINGS_EVERY_MS = 1_000;

export interface RunningProber {
  /** Origin of the agent that takes load spikes; null without one. */
  agentUrl: string | null;
  /** Stops probing, sends what waits for at most `withinMs`, closes everything but the log. */
  stop(withinMs: number): Promise<void>;
}

/**
 * Starts probing one game: resolves once the events so far were read and the schedule is being followed.
 * Rejects if the agent's port can't be had.
 */
export async function startProber(
  config: ProberConfig,
  parts: { log: EventLog; clock: Clock; logger: Logger; registry: Registry; agent?: AgentConfig },
): Promise<RunningProber> {
  const { log, clock, logger, registry } = parts;
  const metrics: ProberMetrics = createProberMetrics(registry, {
    inFlight: () => prober.inFlight,
    pending: () => prober.pending,
    heldBytes: () => prober.heldBytes,
  });
  const guard = new AddressGuard({
    allowPrivateAddresses: config.allowPrivateAddresses,
    deniedOrigins: [config.ingestUrl, ...config.deniedOrigins],
    localAddresses: Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).map((at) => at.address),
    ),
  });
  const { gameId, proberId, ingestUrl, token } = config;
  const findings = new FindingsReporter(
    { gameId, ingestUrl, token, requestTimeoutMs: REPORTER_DEFAULTS.requestTimeoutMs },
    { log: logger },
  );
  const ownership = new OwnershipDesk({ clock, onFinding: (finding) => findings.add(finding) });
  const shared = new SharedAddresses();
  registerOwnershipMetrics(registry, ownership, shared);
  const prober: Prober = new Prober(
    { ...PROBER_DEFAULTS, gameId, proberId, epoch: clock.nowMs() },
    {
      clock,
      uuid: randomUUID,
      metrics,
      connect: guardedConnect(guard, new NameCache(() => clock.monotonicUs() / 1000)),
    },
  );
  const watcher = new GameWatcher(gameId, prober, ownership);
  const consumer = await watchGameEvents(log, watcher, (err) =>
    logger.warn({ err }, 'game events could not be handled'),
  );
  const spikes = new SpikeBook(prober, () => clock.monotonicUs() / 1000);
  const { token: agentToken, ...agentAt } = parts.agent ?? {};
  const agent = agentToken === undefined ? null : await listen(createSpikeAgent(spikes, agentToken), agentAt);
  const reporter = new Reporter(
    prober,
    { ...REPORTER_DEFAULTS, ingestUrl, token },
    { metrics, log: logger, sleep, monotonicUs: () => clock.monotonicUs() },
  );
  prober.start();
  reporter.start();
  let timer: NodeJS.Timeout | undefined;
  const step = (): void => {
    spikes.expire();
    prober.tick();
    timer = setTimeout(step, prober.busy ? BUSY_TICK_MS : IDLE_TICK_MS);
  };
  step();
  const telling = setInterval(() => void findings.flush(), TELL_FINDINGS_EVERY_MS);
  logger.info({ gameId, proberId }, 'probing');
  return {
    agentUrl: agent?.url ?? null,
    stop: async (withinMs) => {
      clearTimeout(timer);
      clearInterval(telling);
      agent?.close();
      await reporter.stop(withinMs);
      prober.close();
      await consumer.close();
    },
  };
}

async function listen(
  server: Server,
  { host, port }: { host?: string; port?: number },
): Promise<{ url: string; close: () => void }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { family, address, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
