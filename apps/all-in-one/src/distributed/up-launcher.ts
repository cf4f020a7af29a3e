import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { TOPICS } from '#contracts';
import { openEventLog } from '#event-log';
import type { FaultAgent } from '#faults';
import { PaydayError, messageOf } from '#kernel';
import { TokenStore, type GameEntity } from '#persistence';
import {
  RuntimeModule,
  assertPortFree,
  nestLogger,
  openConfiguredLog,
  systemClock,
  urlOf,
  type Logger,
} from '#runtime';
import { ChaosTargetsFile } from '../../../chaos-orchestrator/src/index.js';
import {
  ControlModule,
  GameService,
  TokenService,
  newProof,
  systemActor,
} from '../../../control/src/index.js';
import { openDataFolder, type DataFolder } from '../data-folder.js';
import { keepFacilitatorToken } from '../facilitator-token.js';
import { startEngines, type Engines } from '../engines.js';
import { finishGame, type FinalStandings } from '../game-end.js';
import { planGame, type GamePlan } from '../game-plan.js';
import type { Playable } from '../play.js';
import {
  addressFlags,
  addressMessage,
  botRanges,
  refusalWarning,
  type ProbeAddresses,
} from '../probe-addresses.js';
import { proberSettings } from '../prober-settings.js';
import type { Progress } from '../progress.js';
import { Sandboxes } from '../sandboxes.js';
import { Fleet } from './fleet.js';
import { startFront, type Front } from './front.js';
import { TargetsFile } from './targets-file.js';
import type { UpConfig } from './up-options.js';

/** From having everything ready to the first request: every service has to hear of the game. */
const START_DELAY_MS = 3_000;
const LEAD_MS = 2_000;
const READY_WITHIN_MS = 120_000;
const GRACE_MS = 6_000;
/** What the services read of our own environment besides what they are given: how to get into log and database. */
const PASSED_ON = /^(PAYDAY_KAFKA_|PG|AWS_)/;

/** In the audit log. */
const ME = systemActor('launcher');

class UpProcess {}

/** Boots the distributed shape on this machine: each service a process of its own, several of those that scale. */
export class UpLauncher implements Playable {
  private folder: DataFolder | undefined;
  private engines: Engines | undefined;
  private sandboxes: Sandboxes | undefined;
  /** What the bots' services show to prove whose they are. */
  private proofs: ReadonlyMap<string, string> = new Map();
  private teamIds: readonly string[] = [];
  private fleet: Fleet | undefined;
  private front: Front | undefined;
  private targets: TargetsFile | undefined;
  private context: INestApplicationContext | undefined;
  private game: GameEntity | undefined;
  /** Where the prober takes load spikes; of its latest start. */
  private proberAgent: FaultAgent | undefined;
  private tokenFile = '';
  private logUrl = '';
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly config: UpConfig,
    private readonly logger: Logger,
    private readonly progress: Progress,
  ) {}

  get url(): string {
    return urlOf(this.config.http.host, this.config.http.port);
  }

  describe(): string[] {
    const members = this.fleet?.members ?? [];
    return [
      ...members.map(({ name, url }) => `  ${name.padEnd(20)} ${url ?? 'not up'}`),
      `Facilitator   the token is in ${this.tokenFile}; only you can read it`,
      'Ctrl-C stops all of it.',
    ];
  }

  async start(): Promise<void> {
    const { config, progress } = this;
    const { up, http } = config;
    const plan = planGame({
      scenario: resolve(up.scenario),
      teams: up.teams ?? 8,
      teamsFile: up.teamsFile === undefined ? null : resolve(up.teamsFile),
      speed: Number(up.speed),
    });
    const chaosTargets = this.chaosTargets(plan);
    const warning = await refusalWarning(
      plan.endpoints,
      up.allow.map(({ text }) => text),
    );
    if (warning !== null) progress.step(`WARNING: ${warning}`);
    await assertPortFree(http.host, http.port);
    const folder = openDataFolder(resolve(up.dataDir));
    this.folder = folder;
    this.targets = new TargetsFile(join(folder.path, 'chaos-targets.json'));
    this.targets.write([]);
    this.startSandboxes(plan);
    progress.step('preparing the event log and the database');
    const engines = await this.startEngines(folder);
    this.engines = engines;
    progress.step('starting the services');
    this.startFleet(engines, chaosTargets);
    await this.fleet!.allReady(READY_WITHIN_MS);
    this.front = await startFront(http, this.fleet!, this.logger);
    progress.step(`${this.fleet!.members.length} services are up`);
    await this.beginGame(plan, engines);
  }

  finish(signal: AbortSignal): Promise<FinalStandings | null> {
    const { engines, context, game } = this;
    if (!engines || !context || !game) throw new PaydayError('not_started', 'the launcher has not started');
    const hasSealed = async (): Promise<boolean> =>
      sealedPartitions(engines.dataSource, game.id).then(
        async (sealed) => sealed >= (await engines.log.partitions(TOPICS.probeResults)),
      );
    const parts = {
      games: context.get(GameService),
      dataSource: engines.dataSource,
      gameId: game.id,
      url: this.url,
      hasSealed,
    };
    return finishGame(parts, signal);
  }

  stop(): Promise<void> {
    this.stopping ??= this.takeDown();
    return this.stopping;
  }

  private async takeDown(): Promise<void> {
    const tolerate = (what: string) => (err: unknown) =>
      this.logger.error({ err }, `${what} did not stop cleanly`);
    this.fleet?.letGo();
    this.sandboxes?.letGo();
    // The prober first, so that nothing that it got is left unsent.
    await this.fleet?.stop(GRACE_MS, 'prober').catch(tolerate('the prober'));
    await Promise.all([
      this.sandboxes?.stop(GRACE_MS).catch(tolerate('a sandbox')),
      this.front?.close().catch(tolerate('the front')),
      this.fleet?.stop(GRACE_MS).catch(tolerate('a service')),
    ]);
    await this.context?.close().catch(tolerate('a service'));
    await this.engines?.close().catch(tolerate('an engine'));
    this.targets?.remove();
    this.folder?.release();
  }

  private async startEngines(folder: DataFolder): Promise<Engines> {
    const { log, database, up } = this.config;
    this.logUrl = log.url ?? `lmdb:${folder.logDir}`;
    return startEngines(folder, {
      logger: this.logger,
      openLog: () =>
        log.url === undefined
          ? openEventLog(this.logUrl, { clock: systemClock })
          : openConfiguredLog({ ...log, url: log.url }, { clock: systemClock }),
      partitions: up.partitions,
      databaseUrl: database.url,
    });
  }

  private startFleet(engines: Engines, chaosTargets: Record<string, string>): void {
    const { up } = this.config;
    const own = Object.entries(process.env).filter(
      ([name, value]) => PASSED_ON.test(name) && value !== undefined,
    );
    const fleet = new Fleet(
      {
        ...(Object.fromEntries(own) as Record<string, string>),
        PAYDAY_LOG_URL: this.logUrl,
        DATABASE_URL: engines.databaseUrl,
        PAYDAY_LOG_LEVEL: up.logLevel,
        // There is no balancer that has to notice but our own, which knows.
        PAYDAY_DRAIN_MS: '0',
      },
      this.logger,
      () => this.tellProber(),
    );
    this.fleet = fleet;
    fleet.add('control', up.controls);
    fleet.add('scorer', up.scorers);
    fleet.add('ingest', up.ingests);
    fleet.add('broadcaster', up.broadcasters);
    fleet.add('chaos-orchestrator', 1, {
      ...chaosTargets,
      PAYDAY_CHAOS_TARGETS: this.targets!.path,
      PAYDAY_CONTROL_URL: this.url,
    });
  }

  /** What the orchestrator's environment needs for a chaos targets file. @throws PaydayError as `ChaosTargetsFile.read` */
  private chaosTargets(plan: GamePlan): Record<string, string> {
    const path = this.config.up.chaosTargets;
    if (path === undefined) return {};
    const { secretNames } = ChaosTargetsFile.read(path, process.env, {
      teamIds: plan.teams.map(({ id }) => id),
      serviceIds: plan.scenario.services.map(({ id }) => id),
    });
    const clients = Object.keys(process.env).filter(
      (name) => name === 'KUBECONFIG' || name.startsWith('AWS_'),
    );
    const passed = [...secretNames, ...clients].map((name) => [name, process.env[name]!]);
    return { ...Object.fromEntries(passed), PAYDAY_CHAOS_TARGETS_FILE: resolve(path) };
  }

  /** Makes the game as a facilitator would: by the rules of control, which share the database with the control service. */
  private async beginGame(plan: GamePlan, engines: Engines): Promise<void> {
    const { progress } = this;
    if (plan.bots.length > 0) {
      await this.sandboxes!.allReady(READY_WITHIN_MS);
      progress.step(`${plan.bots.length} bot teams are up`);
    }
    const { dataSource, log: eventLog } = engines;
    const parts = { clock: systemClock, logger: this.logger, metrics: new Registry(), eventLog, dataSource };
    const imports = [RuntimeModule.register(parts), ControlModule.register({ leadMs: LEAD_MS })];
    this.context = await NestFactory.createApplicationContext(
      { module: UpProcess, imports },
      { logger: nestLogger(this.logger), abortOnError: false },
    );
    const store = new TokenStore(dataSource, systemClock);
    this.tokenFile = await keepFacilitatorToken(this.folder!.path, this.context.get(TokenService), store);
    const games = this.context.get(GameService);
    this.teamIds = plan.teams.map(({ id }) => id);
    const endpoints = [...plan.endpoints, ...(this.sandboxes?.endpoints() ?? [])];
    const game = await games.create(
      { scenario: plan.scenario, teams: plan.teams, endpoints, proofs: this.proofs },
      ME,
    );
    this.game = game;
    this.writeTargets();
    await this.startProber(game.id, dataSource);
    await games.schedule(game.id, systemClock.nowMs() + START_DELAY_MS, ME);
    progress.step(`the game begins: ${game.name}`);
  }

  private async startProber(gameId: string, dataSource: DataSource): Promise<void> {
    const tokens = new TokenStore(dataSource, systemClock);
    const { secret } = await tokens.rotate({ role: 'prober', gameId, label: 'prober of payday up' });
    const agentToken = randomBytes(24).toString('base64url');
    const env = {
      PAYDAY_INGEST_URL: this.url,
      PAYDAY_PROBER_TOKEN: secret,
      ...proberSettings(),
      PAYDAY_PROBER_ID: 'prober-1',
      PAYDAY_GAME_ID: gameId,
      PAYDAY_PROBER_AGENT_TOKEN: agentToken,
    };
    const onMessage = (message: unknown): void => {
      const { agentUrl } = message as { agentUrl?: unknown };
      if (typeof agentUrl !== 'string') return;
      this.proberAgent = { agentUrl, token: agentToken };
      this.writeTargets();
    };
    this.fleet!.add('prober', 1, env, onMessage, () => addressFlags(this.probeAddresses()));
    await this.fleet!.allReady(READY_WITHIN_MS);
  }

  private tellProber(): void {
    this.fleet?.sendMessage('prober', addressMessage(this.probeAddresses()));
  }

  /** Now: what was started again may have other ports. Log and database the prober knows by their settings. */
  private probeAddresses(): ProbeAddresses {
    return {
      allow: [
        ...this.config.up.allow.map(({ text }) => text),
        ...botRanges(this.sandboxes?.endpoints() ?? []),
      ],
      deniedOrigins: [
        ...(this.fleet?.members ?? []).flatMap(({ url }) => url ?? []),
        ...(this.sandboxes?.agentUrls() ?? []),
      ],
    };
  }

  private startSandboxes({ bots, scenario }: GamePlan): void {
    if (bots.length === 0) return;
    this.proofs = new Map(bots.map(({ teamId }) => [teamId, newProof()]));
    this.sandboxes = new Sandboxes({
      proofs: this.proofs,
      bots,
      serviceIds: scenario.services.map(({ id }) => id),
      seed: scenario.seed,
      speed: Number(this.config.up.speed),
      logger: this.logger,
      onReady: (teamId, endpoints) => void this.register(teamId, endpoints),
    });
    this.sandboxes.start();
  }

  /** A team that came back may have new addresses. Before the game exists, `beginGame` takes all of them at once. */
  private async register(teamId: string, endpoints: Record<string, string>): Promise<void> {
    const { context, game } = this;
    if (!game || !context || this.stopping) return;
    this.tellProber();
    try {
      this.writeTargets();
      for (const [serviceId, url] of Object.entries(endpoints))
        // The port may have been another bot's before: whose it is now, its proof says.
        await context.get(GameService).setEndpoint(game.id, teamId, serviceId, url, ME, { shared: true });
    } catch (err) {
      if (this.stopping) return;
      this.logger.error(
        { err, teamId },
        `the endpoints of a team could not be registered: ${messageOf(err)}`,
      );
    }
  }

  private writeTargets(): void {
    const gameId = this.game!.id;
    this.targets!.write(
      this.teamIds.map((teamId) => {
        const probers = this.proberAgent === undefined ? {} : { probers: [this.proberAgent] };
        return { gameId, teamId, ...this.sandboxes?.target(teamId), ...probers };
      }),
    );
  }
}

async function sealedPartitions(dataSource: DataSource, gameId: string): Promise<number> {
  const [row] = await dataSource.query<{ sealed: number }[]>(
    'SELECT count(*)::int AS sealed FROM scorer_checkpoint WHERE positions ? $1',
    [`sealed:${gameId}`],
  );
  return row!.sealed;
}
