import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { TOPICS } from '#contracts';
import { OutboxRelay, TokenStore } from '#persistence';
import {
  EventLogTransport,
  Readiness,
  createHttpApp,
  listen,
  serveOpenApi,
  serveWebPages,
  systemClock,
} from '#runtime';
import { ScoreFeed } from '../../broadcaster/src/index.js';
import { Orchestrator, joinTargets, type FaultTargets } from '../../chaos-orchestrator/src/index.js';
import { GameLoop, GameService } from '../../control/src/index.js';
import { ScorerService } from '../../scorer/src/index.js';
import { installAdmissionGate, type AdmissionGate } from './admission-gate.js';
import { AllInOneModule } from './app.module.js';
import { ChangeSignal } from './change-signal.js';
import { Fleet } from './fleet.js';
import { lastSignOfLife } from './last-sign-of-life.js';
import { originWithoutSecrets } from './probe-addresses.js';
import type { Stage, StageParts, StageTiming } from './stage.js';

/** How far ahead a change of the life cycle lies: all services are in this process or read the same log. */
const LEAD_MS = 1000;
const EVENTS_WITHIN_MS = 30_000;

/** Every service in this process; the prober and the sandboxes in processes of their own. */
export class OneProcessStage implements Stage {
  readonly timing: StageTiming = {
    startDelayMs: LEAD_MS,
    sandboxesMs: 60_000,
    proberMs: Infinity,
    // All processes must be gone within five seconds of Ctrl-C.
    graceMs: 1500,
  };
  readonly canResume = true;
  private parts: StageParts | undefined;
  private app: NestFastifyApplication | undefined;
  private gate: AdmissionGate = { open: () => {} };
  private hasPastEvents = false;
  private readonly changed = new ChangeSignal();

  /** Services that answer, but receive no event and accept nothing from outside yet. */
  async boot(parts: StageParts): Promise<Fleet> {
    this.parts = parts;
    const { options, logger, engines, onProcessUp } = parts;
    const metrics = new Registry();
    collectDefaultMetrics({ register: metrics });
    const module = AllInOneModule.register(
      {
        clock: systemClock,
        logger,
        metrics,
        eventLog: engines.log,
        dataSource: engines.dataSource,
        tokenVerifier: new TokenStore(engines.dataSource, systemClock),
      },
      { targets: faultTargets(parts), leadMs: LEAD_MS, url: parts.url },
    );
    const app = await createHttpApp(module, logger);
    this.app = app;
    await serveWebPages(app);
    serveOpenApi(app);
    app.get(Readiness).register('game events', () => {
      if (!this.hasPastEvents) throw new Error('the game events of the past are still being read');
    });
    const strategy = new EventLogTransport({
      log: engines.log,
      topic: TOPICS.gameEvents,
      deadLetterTopic: TOPICS.deadLetters,
      logger,
      onCaughtUp: () => {
        this.hasPastEvents = true;
        app.get(ScoreFeed).gameEventsCaughtUp();
        this.changed.notify();
      },
    });
    app.connectMicroservice({ strategy }, { inheritAppConfig: false });
    this.gate = installAdmissionGate(app);
    await listen(app, options.host, options.port);
    const env = { PAYDAY_LOG_URL: engines.logUrl, PAYDAY_LOG_LEVEL: options.logLevel };
    return new Fleet(env, logger, onProcessUp);
  }

  async recoverGame(gameId: string): Promise<void> {
    const { dataSource, log } = this.parts!.engines;
    const games = this.running().get(GameService);
    const { lastAliveAt } = await games.game(gameId);
    const alive = await lastSignOfLife(gameId, lastAliveAt, dataSource, log);
    await games.recoverAfterOutage(gameId, alive ?? undefined);
  }

  /**
   * Only when the game's state is settled: before an outage is known to be a pause, the timeline would run through it, and
   * results would count as signs of life.
   */
  async open(): Promise<void> {
    const app = this.running();
    await app.get(OutboxRelay).drained(EVENTS_WITHIN_MS);
    await app.startAllMicroservices();
    await this.changed.until(() => this.hasPastEvents, Infinity);
    await app.get(Orchestrator).start();
    this.gate.open();
  }

  async goOn(gameId: string, customers: () => Promise<void>): Promise<void> {
    const app = this.running();
    const games = app.get(GameService);
    if (!(await games.isInOutage(gameId))) return;
    // What was measured before the outage is on the board before anything new is.
    await app.get(ScorerService).caughtUp();
    // From the first window behind the pause on, every team gets its requests.
    await customers();
    await games.resumeAfterOutage(gameId);
  }

  runGames(): void {
    this.running().get(GameLoop).start();
  }

  /** The orchestrator is in this process and reads them whenever it needs them. */
  publishTargets(): void {}

  deniedOrigins(): string[] {
    return originWithoutSecrets(this.parts!.engines.databaseUrl);
  }

  describe(): string[] {
    return [];
  }

  /** The heartbeat is where a resumed game goes on. */
  async stopGames(): Promise<void> {
    await this.app?.get(GameLoop).onApplicationShutdown();
  }

  async close(): Promise<void> {
    await this.app?.close();
  }

  private running(): NestFastifyApplication {
    return this.app!;
  }
}

/** How the chaos orchestrator reaches a team: as its file of targets says, as a sandbox, and by the game's own prober. */
function faultTargets({ chaosTargets, targetOf }: StageParts): FaultTargets {
  return joinTargets(
    { targetOf: (gameId, teamId) => chaosTargets?.targetOf(gameId, teamId) ?? null },
    { targetOf: (_gameId, teamId) => targetOf(teamId) },
  );
}
