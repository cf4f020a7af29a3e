import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Inject, Module } from '@nestjs/common';
import type { Registry } from 'prom-client';
import type { PreciseClock } from '#kernel';
import { CLOCK, LOGGER, METRICS, VERSION, type Logger } from '#runtime';
import { SpikeAgentServer } from './agent/spike-agent-server.js';
import { SpikeRegistry } from './agent/spike-registry.js';
import { GameWatcher } from './game-watcher.js';
import { GuardedAddressBook } from './http/address-book.js';
import { userAgent } from './http1/index.js';
import {
  PROBER_METRICS,
  createProberMetrics,
  registerOwnershipMetrics,
  registerProberGauges,
  type ProberMetrics,
} from './metrics.js';
import { ProberNetwork } from './network/prober-network.js';
import { FindingsReporter, OwnershipMonitor, SharedAddresses } from './ownership/index.js';
import { PROBER_DEFAULTS, Prober, type ProberParts } from './prober.js';
import {
  ConfigurableModuleClass,
  PROBER_OPTIONS,
  type ProberModuleOptions,
} from './prober.module-definition.js';
import { ProbingLoop } from './probing-loop.js';
import { REPORTER_DEFAULTS, Reporter } from './reporter.js';

/** The prober of one game; it starts and stops with the application. Needs `RuntimeModule`. */
@Module({
  providers: [
    ProbingLoop,
    ProberNetwork,
    SharedAddresses,
    SpikeAgentServer,
    { provide: PROBER_METRICS, useFactory: createProberMetrics, inject: [METRICS] },
    {
      provide: FindingsReporter,
      useFactory: ({ config: { gameId, ingestUrl, token } }: ProberModuleOptions, log: Logger) => {
        const { requestTimeoutMs } = REPORTER_DEFAULTS;
        return new FindingsReporter({ gameId, ingestUrl, token, requestTimeoutMs }, { log });
      },
      inject: [PROBER_OPTIONS, LOGGER],
    },
    {
      provide: OwnershipMonitor,
      useFactory: (clock: PreciseClock, findings: FindingsReporter) =>
        new OwnershipMonitor({ clock, onFinding: (finding) => findings.add(finding) }),
      inject: [CLOCK, FindingsReporter],
    },
    {
      provide: Prober,
      useFactory: makeProber,
      inject: [
        PROBER_OPTIONS,
        CLOCK,
        LOGGER,
        PROBER_METRICS,
        ProberNetwork,
        OwnershipMonitor,
        SharedAddresses,
      ],
    },
    {
      provide: GameWatcher,
      useFactory: ({ config }: ProberModuleOptions, prober: Prober, ownership: OwnershipMonitor) =>
        new GameWatcher(config.gameId, prober, ownership),
      inject: [PROBER_OPTIONS, Prober, OwnershipMonitor],
    },
    {
      provide: SpikeRegistry,
      useFactory: (prober: Prober, clock: PreciseClock) =>
        new SpikeRegistry(prober, () => clock.monotonicMs()),
      inject: [Prober, CLOCK],
    },
    {
      provide: Reporter,
      useFactory: makeReporter,
      inject: [PROBER_OPTIONS, CLOCK, LOGGER, PROBER_METRICS, Prober],
    },
  ],
  exports: [ProbingLoop, ProberNetwork],
})
export class ProberModule extends ConfigurableModuleClass {
  constructor(
    @Inject(METRICS) registry: Registry,
    @Inject(Prober) prober: Prober,
    @Inject(OwnershipMonitor) ownership: OwnershipMonitor,
    @Inject(SharedAddresses) addresses: SharedAddresses,
  ) {
    super();
    registerProberGauges(registry, prober);
    registerOwnershipMetrics(registry, ownership, addresses);
  }
}

function makeProber(
  { config }: ProberModuleOptions,
  clock: PreciseClock,
  logger: Logger,
  metrics: ProberMetrics,
  network: ProberNetwork,
  ownership: OwnershipMonitor,
  addresses: SharedAddresses,
): Prober {
  const { gameId, proberId, ingestUrl, publicUrl } = config;
  const net: ProberParts['net'] = {
    bookOf: (teamId) =>
      new GuardedAddressBook(network.guard, network.names.of(teamId), (address, port) =>
        addresses.recordAddress(teamId, address, port),
      ),
    namesOf: (teamId) => network.names.of(teamId),
    userAgent: userAgent(VERSION, publicUrl ?? ingestUrl),
  };
  const onQuarantine: ProberParts['onQuarantine'] = (news) =>
    'teamId' in news
      ? logger.warn(
          news,
          "the team's answers take too much time to read; from now on a separate thread reads them",
        )
      : logger.error({ err: news.error }, 'the thread for teams in quarantine has ended; it is restarted');
  const loop = { idleUs: () => performance.nodeTiming.idleTime * 1000, afterRound: setImmediate };
  return new Prober(
    { ...PROBER_DEFAULTS, gameId, proberId, epoch: clock.nowMs() },
    { clock, uuid: randomUUID, metrics, ownership, onQuarantine, loop, net },
  );
}

function makeReporter(
  { config: { ingestUrl, token } }: ProberModuleOptions,
  clock: PreciseClock,
  log: Logger,
  metrics: ProberMetrics,
  prober: Prober,
): Reporter {
  const monotonicUs = (): number => clock.monotonicUs();
  return new Reporter(
    prober,
    { ...REPORTER_DEFAULTS, ingestUrl, token },
    {
      ...{ metrics, log, sleep, monotonicUs },
      nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
    },
  );
}

/** Resolves after `ms`, or as soon as the signal aborts. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
