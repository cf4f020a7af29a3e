import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Consumer, EventLog } from '#event-log';
import { EVENT_LOG, LOGGER, Readiness, type Logger } from '#runtime';
import { SpikeAgentServer } from './agent/spike-agent-server.js';
import { SpikeRegistry } from './agent/spike-registry.js';
import { GameWatcher } from './game-watcher.js';
import { ProberNetwork } from './network/prober-network.js';
import { FindingsReporter } from './ownership/index.js';
import { Prober } from './prober.js';
import { PROBER_OPTIONS, type ProberModuleOptions } from './prober.module-definition.js';
import { Reporter } from './reporter.js';
import { watchGameEvents } from './watch-game-events.js';

const SEND_FINDINGS_EVERY_MS = 1_000;
/** How long waiting results may take to reach ingest when the prober stops. */
const FLUSH_WITHIN_MS = 2_000;

/** Drives the prober from the start of the process to its end. */
@Injectable()
export class ProbingLoop implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Origin of the agent that takes load spikes; null without one. */
  agentUrl: string | null = null;
  private isProbing = false;
  private consumer: Consumer | undefined;
  private stopping: Promise<void> | undefined;
  private findingsTimer: NodeJS.Timeout | undefined;
  /** Reused for every tick, because a new timer each time would cost extra work. */
  private tickTimer: NodeJS.Timeout | undefined;
  private tickTimerMs = 0;

  constructor(
    @Inject(PROBER_OPTIONS) private readonly options: ProberModuleOptions,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ProberNetwork) private readonly network: ProberNetwork,
    @Inject(Prober) private readonly prober: Prober,
    @Inject(GameWatcher) private readonly watcher: GameWatcher,
    @Inject(SpikeRegistry) private readonly spikes: SpikeRegistry,
    @Inject(SpikeAgentServer) private readonly agent: SpikeAgentServer,
    @Inject(Reporter) private readonly reporter: Reporter,
    @Inject(FindingsReporter) private readonly findings: FindingsReporter,
    @Inject(Readiness) readiness: Readiness,
  ) {
    readiness.register('game events', () => {
      if (!this.isProbing) throw new Error('past game events are still being read');
    });
  }

  /**
   * Resolves once past events have been read and the schedule is being followed. Rejects if the agent's port is not
   * available.
   */
  async onApplicationBootstrap(): Promise<void> {
    await this.network.open();
    this.consumer = await watchGameEvents(this.log, this.watcher, (err) =>
      this.logger.warn({ err }, 'game events could not be handled'),
    );
    this.agentUrl = await this.agent.listen();
    if (this.agentUrl !== null) this.network.addOwn(this.agentUrl);
    // A request to a name that is not looked up yet would fail without anybody's fault.
    await this.prober.namesLookedUp();
    if (this.stopping) return;
    this.prober.start();
    this.reporter.start();
    this.tick();
    this.findingsTimer = setInterval(() => void this.findings.flush(), SEND_FINDINGS_EVERY_MS);
    this.isProbing = true;
    const { gameId, proberId } = this.options.config;
    this.logger.info({ gameId, proberId }, 'probing');
  }

  onApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /** Stops probing, sends waiting results for at most `withinMs`, and closes everything but the log. Repeatable. */
  stop(withinMs = FLUSH_WITHIN_MS): Promise<void> {
    this.stopping ??= this.shutDown(withinMs);
    return this.stopping;
  }

  private async shutDown(withinMs: number): Promise<void> {
    clearTimeout(this.tickTimer);
    clearInterval(this.findingsTimer);
    this.agent.close();
    await this.reporter.stop(withinMs);
    this.prober.close();
    this.network.close();
    await this.consumer?.close();
  }

  private readonly tick = (): void => {
    this.spikes.expire();
    const pauseMs = this.prober.tick();
    if (this.tickTimer !== undefined && pauseMs === this.tickTimerMs) this.tickTimer.refresh();
    else this.tickTimer = setTimeout(this.tick, pauseMs);
    this.tickTimerMs = pauseMs;
    // A timer fires up to a millisecond late.
    this.prober.rest(pauseMs + 1);
  };
}
