import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { TOPICS, type Scenario } from '#contracts';
import { openEventLog } from '#event-log';
import type { FaultAgent } from '#faults';
import { PaydayError, messageOf } from '#kernel';
import { GameStore, OutboxRelay, TokenStore, type GameEntity } from '#persistence';
import {
  EventLogTransport,
  assertPortFree,
  Readiness,
  createHttpApp,
  listen,
  serveOpenApi,
  serveWebPages,
  systemClock,
  urlOf,
  type Logger,
} from '#runtime';
import { ScoreFeed } from '../../broadcaster/src/index.js';
import {
  ChaosTargetsFile,
  Orchestrator,
  joinTargets,
  type FaultTargets,
} from '../../chaos-orchestrator/src/index.js';
import { GameLoop, GameService, TokenService, newProof, systemActor } from '../../control/src/index.js';
import { ScorerService } from '../../scorer/src/index.js';
import { AllInOneModule } from './app.module.js';
import { SupervisedChild } from './child-process.js';
import { openDataFolder, type DataFolder } from './data-folder.js';
import { keepFacilitatorToken } from './facilitator-token.js';
import { startEngines, type Engines } from './engines.js';
import { finishGame, type FinalStandings } from './game-end.js';
import { botTeams, planGame, type GamePlan } from './game-plan.js';
import { lastSignOfLife } from './last-sign-of-life.js';
import { readLaunchRecord, writeLaunchRecord, type LaunchRecord } from './launch-record.js';
import type { Options } from './options.js';
import {
  addressFlags,
  addressMessage,
  botRanges,
  originWithoutSecrets,
  refusalWarning,
  type ProbeAddresses,
} from './probe-addresses.js';
import { proberSettings } from './prober-settings.js';
import type { Playable } from './play.js';
import type { Progress } from './progress.js';
import { Sandboxes } from './sandboxes.js';
import { installAdmissionGate, type AdmissionGate } from './admission-gate.js';

const PROBER_MODULE = fileURLToPath(new URL('../../prober/src/main.js', import.meta.url));
/** How far ahead a change of the life cycle lies: all services are in this process or read the same log. */
const LEAD_MS = 1000;
/** One process needs one partition: more would only mean more commits. */
const PARTITIONS = 1;
/** From having everything ready to the first request: time for every service to hear of it. */
const START_DELAY_MS = LEAD_MS;
/** A prober that isn't up by then is late, which is said, again and again; it is started again and again, too. */
const PROBER_READY_MS = 20_000;
const SANDBOXES_READY_MS = 60_000;
const EVENTS_WITHIN_MS = 30_000;
/** All must be gone within five seconds of Ctrl-C. */
const CHILD_GRACE_MS = 1500;
/** In the audit log. */
const ME = systemActor('launcher');

/** Boots a whole game in this process and its children, and takes it down again. */
export class Launcher implements Playable {
  private folder: DataFolder | undefined;
  private engines: Engines | undefined;
  private sandboxes: Sandboxes | undefined;
  /** What the bots' services show to prove whose they are. */
  private proofs: ReadonlyMap<string, string> = new Map();
  private prober: SupervisedChild | undefined;
  /** Where the prober takes load spikes; of its latest start. */
  private proberAgent: FaultAgent | undefined;
  private chaosTargets: ChaosTargetsFile | undefined;
  private app: NestFastifyApplication | undefined;
  private gameId = '';
  /** Where the facilitator finds the token. */
  private tokenFile = '';
  private logUrl = '';
  /** What customers may call besides public addresses and the bots. */
  private allow: readonly string[];
  private stopping: Promise<void> | undefined;
  private readonly eventsCaughtUp = deferred();
  /** Resolved while it has read the game's events and follows the schedule. */
  private proberUp = deferred();
  private gate: AdmissionGate = { open: () => {} };
  private readonly registering = new Set<Promise<void>>();

  constructor(
    private readonly options: Options,
    private readonly logger: Logger,
    private readonly progress: Progress,
  ) {
    this.allow = options.allow ?? [];
  }

  get url(): string {
    return urlOf(this.options.host, this.options.port);
  }

  /** Boots until salaries can move. @throws PaydayError with what is wrong and what to do */
  async start(): Promise<void> {
    const { options, progress } = this;
    const plan = options.resume ? null : planGame(options);
    if (options.chaosTargets !== null)
      this.chaosTargets = ChaosTargetsFile.read(options.chaosTargets, process.env, {
        teamIds: plan?.teams.map(({ id }) => id),
        serviceIds: plan?.scenario.services.map(({ id }) => id),
      });
    // Before anything is made: asking for a game that is not there must leave no folder behind.
    const record = options.resume ? readLaunchRecord(options.dataDir) : null;
    if (options.allow === null) this.allow = record?.allow ?? [];
    const warning = await refusalWarning(plan?.endpoints ?? [], this.allow);
    if (warning !== null) progress.step(`WARNING: ${warning}`);
    await assertPortFree(options.host, options.port);
    this.folder = openDataFolder(options.dataDir);
    // Without a resumed game's seed its sandboxes have to wait for the database; a new game's start beside it.
    if (plan) {
      this.proofs = new Map(plan.bots.map(({ teamId }) => [teamId, newProof()]));
      this.startSandboxes(plan.bots, plan.scenario, plan.scenario.seed, options.speed);
    }
    progress.step('starting PostgreSQL and the event log');
    const logUrl = `lmdb:${this.folder.logDir}`;
    this.logUrl = logUrl;
    this.engines = await startEngines(this.folder, {
      logger: this.logger,
      openLog: () => openEventLog(logUrl, { clock: systemClock }),
      partitions: PARTITIONS,
      databaseUrl: process.env['DATABASE_URL'],
    });
    progress.step('starting the services');
    const app = await this.makeServices(this.engines);
    const { path } = this.folder;
    this.tokenFile = await keepFacilitatorToken(path, app.get(TokenService), app.get(TokenStore));
    const games = app.get(GameService);
    const game = plan ? await this.newGame(plan, games) : await this.resumeGame(record!, games);
    this.gameId = game.id;
    await this.openServices(app);
    if (game.state !== 'sealed') await this.startProber(this.engines);
    if (game.state === 'lobby') await this.begin(games);
    else if (await games.isInOutage(game.id)) await this.goOn(games);
    app.get(GameLoop).start();
    const happens = game.state === 'sealed' ? 'is over' : options.resume ? 'goes on' : 'begins';
    progress.step(`the game ${happens}: ${game.name}`);
  }

  /** Takes everything down, whatever has been started so far. Repeatable. */
  stop(): Promise<void> {
    this.stopping ??= this.takeDown();
    return this.stopping;
  }

  private async takeDown(): Promise<void> {
    const tolerate = (what: string) => (err: unknown) =>
      this.logger.error({ err }, `${what} did not stop cleanly`);
    // What is not probed must not count as played: the heartbeat is where a resumed game goes on.
    await this.app?.get(GameLoop).onApplicationShutdown();
    // A signal to the whole process group has reached the children as well.
    this.prober?.letGo();
    this.sandboxes?.letGo();
    // The prober first, so that nothing that it got is left unsent.
    await this.prober?.stop(CHILD_GRACE_MS).catch(tolerate('the prober'));
    await Promise.all([
      this.sandboxes?.stop(CHILD_GRACE_MS).catch(tolerate('a sandbox')),
      this.app?.close().catch(tolerate('a service')),
    ]);
    await this.engines?.close().catch(tolerate('an engine'));
    this.folder?.release();
  }

  /** Plays to the end; null if interrupted. */
  finish(signal: AbortSignal): Promise<FinalStandings | null> {
    const { app, engines, gameId } = this;
    if (!app || !engines) throw new PaydayError('not_started', 'the launcher has not started');
    const scorer = app.get(ScorerService);
    return finishGame(
      {
        games: app.get(GameService),
        dataSource: engines.dataSource,
        gameId,
        url: this.url,
        hasSealed: () => scorer.hasSealed(gameId),
      },
      signal,
    );
  }

  describe(): string[] {
    return [
      `Facilitator   the token is in ${this.tokenFile}; only you can read it`,
      'Ctrl-C stops the game; npm start -- --resume goes on with it.',
    ];
  }

  /** How the chaos orchestrator reaches a team: as its file of targets says, as a sandbox, and by our own customers. */
  private faultTargets(): FaultTargets {
    return joinTargets(
      { targetOf: (gameId, teamId) => this.chaosTargets?.targetOf(gameId, teamId) ?? null },
      { targetOf: (_gameId, teamId) => this.sandboxes?.target(teamId) ?? null },
      {
        targetOf: (_gameId, teamId) =>
          this.proberAgent === undefined ? null : { teamId, probers: [this.proberAgent] },
      },
    );
  }

  /** Services that answer, but hear of no event and take nothing from outside yet. */
  private async makeServices(engines: Engines): Promise<NestFastifyApplication> {
    const { options, logger } = this;
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
      { targets: this.faultTargets(), leadMs: LEAD_MS, url: this.url },
    );
    const app = await createHttpApp(module, logger);
    this.app = app;
    await serveWebPages(app);
    serveOpenApi(app);
    app.get(Readiness).register('game events', () => {
      if (!isSettled) throw new Error('the game events of the past are still being read');
    });
    let isSettled = false;
    const strategy = new EventLogTransport({
      log: engines.log,
      topic: TOPICS.gameEvents,
      deadLetterTopic: TOPICS.deadLetters,
      logger,
      onCaughtUp: () => {
        isSettled = true;
        app.get(ScoreFeed).gameEventsCaughtUp();
        this.eventsCaughtUp.resolve();
      },
    });
    app.connectMicroservice({ strategy }, { inheritAppConfig: false });
    this.gate = installAdmissionGate(app);
    await listen(app, options.host, options.port);
    return app;
  }

  /**
   * Lets events, then results and commands in. Only when the game's state is settled: before an outage is known to be a
   * pause, the timeline would run through it, and results would be taken for signs of life.
   */
  private async openServices(app: NestFastifyApplication): Promise<void> {
    await app.get(OutboxRelay).drained(EVENTS_WITHIN_MS);
    await app.startAllMicroservices();
    await this.eventsCaughtUp.promise;
    await app.get(Orchestrator).start();
    this.gate.open();
  }

  private async newGame(plan: GamePlan, games: GameService): Promise<GameEntity> {
    if (plan.bots.length > 0) {
      await this.sandboxes!.allReady(SANDBOXES_READY_MS);
      this.progress.step(`${plan.bots.length} bot teams are up`);
    }
    const endpoints = [...plan.endpoints, ...(this.sandboxes?.endpoints() ?? [])];
    const game = await games.create(
      { scenario: plan.scenario, teams: plan.teams, endpoints, proofs: this.proofs },
      ME,
    );
    this.gameId = game.id;
    writeLaunchRecord(this.folder!.path, {
      gameId: game.id,
      bots: plan.bots.length,
      speed: this.options.speed,
      allow: [...this.allow],
    });
    return game;
  }

  /** Lets the game begin when its customers are there: from the first window on, every team gets its requests. */
  private async begin(games: GameService): Promise<void> {
    await this.customersThere();
    await games.schedule(this.gameId, systemClock.nowMs() + START_DELAY_MS, ME);
  }

  /** Lets the game go on after an outage, as `begin` does: from the first window behind the pause on, every team gets its requests. */
  private async goOn(games: GameService): Promise<void> {
    // What was measured before the outage is on the board before anything new is.
    await this.app!.get(ScorerService).caughtUp();
    await this.customersThere();
    await games.resumeAfterOutage(this.gameId);
  }

  /** Resolves when the prober has read the game's events and follows the schedule, however long that takes. */
  private async customersThere(): Promise<void> {
    const late = setInterval(() => {
      if (!this.stopping) this.logger.warn('the prober is not up yet; the game waits for it');
    }, PROBER_READY_MS);
    late.unref();
    await this.proberUp.promise;
    clearInterval(late);
  }

  private async resumeGame(record: LaunchRecord, games: GameService): Promise<GameEntity> {
    const { dataSource, log } = this.engines!;
    const game = await games.game(record.gameId);
    this.gameId = game.id;
    // Nothing of it changes any more, but its final standings can still be shown.
    if (game.state === 'sealed') return game;
    if (record.bots > 0) {
      this.proofs = await new GameStore(dataSource).proofs(game.id);
      this.startSandboxes(botTeams(record.bots, game.seed).bots, game.scenario, game.seed, record.speed);
      await this.sandboxes!.allReady(SANDBOXES_READY_MS);
      // Their new addresses have to be known before the game goes on.
      await Promise.all(this.registering);
      this.progress.step(`${record.bots} bot teams are up again`);
    }
    if (game.state === 'lobby') return game;
    const alive = await lastSignOfLife(game.id, game.lastAliveAt, dataSource, log);
    return games.recoverAfterOutage(game.id, alive ?? undefined);
  }

  private startSandboxes(bots: GamePlan['bots'], { services }: Scenario, seed: string, speed: number): void {
    if (bots.length === 0) return;
    this.sandboxes = new Sandboxes({
      bots,
      serviceIds: services.map(({ id }) => id),
      seed,
      speed,
      proofs: this.proofs,
      logger: this.logger,
      onReady: (teamId, endpoints) => {
        const registered = this.register(teamId, endpoints);
        this.registering.add(registered);
        void registered.then(() => this.registering.delete(registered));
      },
    });
    this.sandboxes.start();
  }

  /** A team that came back may have new addresses. Before the game exists, `newGame` takes all of them at once. */
  private async register(teamId: string, endpoints: Record<string, string>): Promise<void> {
    if (this.gameId === '' || !this.app || this.stopping) return;
    this.prober?.send(addressMessage(this.probeAddresses()));
    try {
      const games = this.app.get(GameService);
      for (const [serviceId, url] of Object.entries(endpoints)) {
        // The port may have been another bot's before: whose it is now, its proof says.
        await games.setEndpoint(this.gameId, teamId, serviceId, url, ME, { shared: true });
      }
    } catch (error) {
      if (this.stopping) return;
      this.logger.error(
        { err: error, teamId },
        `the endpoints of a team could not be registered: ${messageOf(error)}`,
      );
    }
  }

  /** Now: sandboxes that were started again may have other ports. */
  private probeAddresses(): ProbeAddresses {
    return {
      allow: [...this.allow, ...botRanges(this.sandboxes?.endpoints() ?? [])],
      deniedOrigins: [
        ...originWithoutSecrets(this.engines!.databaseUrl),
        ...(this.sandboxes?.agentUrls() ?? []),
      ],
    };
  }

  private async startProber(engines: Engines): Promise<void> {
    const tokens = new TokenStore(engines.dataSource, systemClock);
    const agentToken = randomBytes(24).toString('base64url');
    const { secret } = await tokens.rotate({ role: 'prober', gameId: this.gameId, label: 'embedded prober' });
    this.prober = new SupervisedChild(
      {
        name: 'prober',
        modulePath: PROBER_MODULE,
        args: () => addressFlags(this.probeAddresses()),
        env: {
          ...proberSettings(),
          PAYDAY_LOG_URL: this.logUrl,
          PAYDAY_INGEST_URL: this.url,
          PAYDAY_PROBER_TOKEN: secret,
          PAYDAY_PORT: '0',
          PAYDAY_PROBER_ID: 'prober-1',
          PAYDAY_GAME_ID: this.gameId,
          PAYDAY_PROBER_AGENT_TOKEN: agentToken,
          PAYDAY_LOG_LEVEL: this.options.logLevel === 'silent' ? 'fatal' : this.options.logLevel,
        },
        onMessage: (message) => {
          const { agentUrl } = message as { agentUrl?: unknown };
          if (typeof agentUrl !== 'string') return;
          // Sent when it has read the game's events and follows the schedule.
          this.proberAgent = { agentUrl, token: agentToken };
          this.proberUp.resolve();
        },
        onExit: () => {
          // Whoever waits already waits on.
          if (this.proberUp.isResolved) this.proberUp = deferred();
        },
      },
      this.logger,
    );
    this.prober.start();
  }
}

interface Deferred {
  promise: Promise<void>;
  isResolved: boolean;
  resolve(): void;
}

function deferred(): Deferred {
  let done = (): void => {};
  const promise = new Promise<void>((resolve) => (done = resolve));
  const made: Deferred = {
    promise,
    isResolved: false,
    resolve: () => {
      made.isResolved = true;
      done();
    },
  };
  return made;
}
