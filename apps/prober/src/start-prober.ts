import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { Registry } from 'prom-client';
import type { EventLog } from '#event-log';
import type { Clock } from '#kernel';
import type { Logger } from '#runtime';
import type { ProberConfig } from './config.js';
import { GameWatcher } from './game-watcher.js';
import { AddressGuard } from './http/address-guard.js';
import { NameCache, guardedConnect } from './http/guarded-connector.js';
import { createProberMetrics, type ProberMetrics } from './metrics.js';
import { PROBER_DEFAULTS, Prober } from './prober.js';
import { REPORTER_DEFAULTS, Reporter } from './reporter.js';
import { watchGameEvents } from './watch-game-events.js';

/** Pause between ticks: while requests are due or under way, and while nothing is. */
const BUSY_TICK_MS = 1;
const IDLE_TICK_MS = 20;

export interface RunningProber {
  /** Stops probing, sends what waits for at most `withinMs`, closes everything but the log. */
  stop(withinMs: number): Promise<void>;
}

/** Starts probing one game: resolves once the events so far were read and the schedule is being followed. */
export async function startProber(
  config: ProberConfig,
  parts: { log: EventLog; clock: Clock; logger: Logger; registry: Registry },
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
  const prober: Prober = new Prober(
    { ...PROBER_DEFAULTS, gameId, proberId, epoch: clock.nowMs() },
    { clock, uuid: randomUUID, metrics, connect: guardedConnect(guard, new NameCache(() => clock.nowMs())) },
  );
  const watcher = new GameWatcher(gameId, prober);
  const consumer = await watchGameEvents(log, watcher, (err) =>
    logger.warn({ err }, 'game events could not be handled'),
  );
  const reporter = new Reporter(
    prober,
    { ...REPORTER_DEFAULTS, ingestUrl, token },
    { metrics, log: logger, sleep, monotonicUs: () => clock.monotonicUs() },
  );
  prober.start();
  reporter.start();
  let timer: NodeJS.Timeout | undefined;
  const step = (): void => {
    prober.tick();
    timer = setTimeout(step, prober.busy ? BUSY_TICK_MS : IDLE_TICK_MS);
  };
  step();
  logger.info({ gameId, proberId }, 'probing');
  return {
    stop: async (withinMs) => {
      clearTimeout(timer);
      await reporter.stop(withinMs);
      prober.close();
      await consumer.close();
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
