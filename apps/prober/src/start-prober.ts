import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { EventLog } from '#event-log';
import type { PreciseClock } from '#kernel';
import { VERSION, type Logger } from '#runtime';
import { createSpikeAgent } from './agent/spike-agent.js';
import { SpikeRegistry } from './agent/spike-registry.js';
import type { AgentConfig, ProberConfig } from './config.js';
import { GameWatcher } from './game-watcher.js';
import { GuardedAddressBook } from './http/address-book.js';
import { userAgent } from './http1/index.js';
import { createProberMetrics, registerOwnershipMetrics, type ProberMetrics } from './metrics.js';
import { openNetwork, type AddressRules, type NetworkParts } from './network/prober-network.js';
import { FindingsReporter, OwnershipMonitor, SharedAddresses } from './ownership/index.js';
import { PROBER_DEFAULTS, Prober } from './prober.js';
import { REPORTER_DEFAULTS, Reporter } from './reporter.js';
import { watchGameEvents } from './watch-game-events.js';

const TELL_FINDINGS_EVERY_MS = 1_000;

export interface RunningProber {
  /** Origin of the agent that takes load spikes; null without one. */
  agentUrl: string | null;
  /** Replaces what may be called, and what belongs to the game besides ingest, log and database. */
  setAddressRules(rules: AddressRules): void;
  /** Stops probing, sends what waits for at most `withinMs`, closes everything but the log. */
  stop(withinMs: number): Promise<void>;
}

/**
 * Starts probing one game: resolves once the events so far were read and the schedule is being followed.
 * Rejects if the agent's port can't be had.
 */
export async function startProber(
  config: ProberConfig,
  parts: {
    log: EventLog;
    clock: PreciseClock;
    logger: Logger;
    registry: Registry;
    agent?: AgentConfig;
  } & Pick<NetworkParts, 'logUrl' | 'listensAt'>,
): Promise<RunningProber> {
  const { log, clock, logger, registry } = parts;
  const metrics: ProberMetrics = createProberMetrics(registry, {
    inFlight: () => prober.inFlight,
    pending: () => prober.pending,
    heldBytes: () => prober.heldBytes,
    quarantined: () => prober.quarantined,
  });
  const network = await openNetwork(config, parts);
  const { gameId, proberId, ingestUrl, token } = config;
  const findings = new FindingsReporter(
    { gameId, ingestUrl, token, requestTimeoutMs: REPORTER_DEFAULTS.requestTimeoutMs },
    { log: logger },
  );
  const ownership = new OwnershipMonitor({ clock, onFinding: (finding) => findings.add(finding) });
  const shared = new SharedAddresses();
  registerOwnershipMetrics(registry, ownership, shared);
  const prober: Prober = new Prober(
    { ...PROBER_DEFAULTS, gameId, proberId, epoch: clock.nowMs() },
    {
      clock,
      uuid: randomUUID,
      metrics,
      ownership,
      onQuarantine: (news) =>
        'teamId' in news
          ? logger.warn(news, "the team's answers take too much time to read; a thread of its own reads them")
          : logger.error(
              { err: news.error },
              'the thread for teams in quarantine has ended; it starts again',
            ),
      loop: { idleUs: () => performance.nodeTiming.idleTime * 1000, afterRound: setImmediate },
      net: {
        bookOf: (teamId) =>
          new GuardedAddressBook(network.guard, network.names.of(teamId), (address, port) =>
            shared.recordAddress(teamId, address, port),
          ),
        namesOf: (teamId) => network.names.of(teamId),
        userAgent: userAgent(VERSION, config.publicUrl ?? ingestUrl),
      },
    },
  );
  const watcher = new GameWatcher(gameId, prober, ownership);
  const consumer = await watchGameEvents(log, watcher, (err) =>
    logger.warn({ err }, 'game events could not be handled'),
  );
  const spikes = new SpikeRegistry(prober, () => clock.monotonicUs() / 1000);
  const { token: agentToken, ...agentAt } = parts.agent ?? {};
  const agent = agentToken === undefined ? null : await listen(createSpikeAgent(spikes, agentToken), agentAt);
  if (agent !== null) network.addOwn(agent.url);
  const reporter = new Reporter(
    prober,
    { ...REPORTER_DEFAULTS, ingestUrl, token },
    { metrics, log: logger, sleep, monotonicUs: () => clock.monotonicUs() },
  );
  // A name that is not looked up yet would be a failure that nobody has caused.
  await prober.namesLookedUp();
  prober.start();
  reporter.start();
  // It is set again and again: a new one for each tick would be work of its own.
  let timer: NodeJS.Timeout | undefined;
  let timerMs = 0;
  const step = (): void => {
    spikes.expire();
    const pauseMs = prober.tick();
    if (timer !== undefined && pauseMs === timerMs) timer.refresh();
    else timer = setTimeout(step, pauseMs);
    timerMs = pauseMs;
    // A timer fires up to a millisecond late.
    prober.rest(pauseMs + 1);
  };
  step();
  const telling = setInterval(() => void findings.flush(), TELL_FINDINGS_EVERY_MS);
  logger.info({ gameId, proberId }, 'probing');
  return {
    agentUrl: agent?.url ?? null,
    setAddressRules: (rules) => network.setRules(rules),
    stop: async (withinMs) => {
      clearTimeout(timer);
      clearInterval(telling);
      agent?.close();
      await reporter.stop(withinMs);
      prober.close();
      network.close();
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
