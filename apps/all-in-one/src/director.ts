import { readFileSync } from 'node:fs';
import { ControlClient, type ControlGame } from '#client';
import type { FaultTarget } from '#faults';
import { PaydayError, messageOf } from '#kernel';
import { GameStore, TokenStore, type Endpoint } from '#persistence';
import { assertPortFree, systemClock, urlOf, type Logger } from '#runtime';
import { TokenService } from '../../control/src/index.js';
import { openDataFolder, type DataFolder } from './data-folder.js';
import { openEngines, type Engines } from './engines.js';
import { keepFacilitatorToken } from './facilitator-token.js';
import type { Fleet } from './fleet.js';
import { finishGame, type FinalStandings } from './game-end.js';
import { botTeams, endpointsOf, planGame, readChaosTargets, type GamePlan } from './game-plan.js';
import type { LaunchOptions } from './launch-options.js';
import { readLaunchRecord, writeLaunchRecord, type LaunchRecord } from './launch-record.js';
import { ProberControl, proberToken } from './prober-control.js';
import { botRanges, refusalWarning, type ProbeAddresses } from './probe-addresses.js';
import type { Progress } from './progress.js';
import { Sandboxes } from './sandboxes.js';
import type { Stage } from './stage.js';

/**
 * Plays one game on a stage: plan, sandboxes, game, prober, run, finish. It changes the game by the public REST API only, as
 * a facilitator would.
 */
export class GameDirector {
  private folder: DataFolder | undefined;
  private engines: Engines | undefined;
  private fleet: Fleet | undefined;
  private sandboxes: Sandboxes | undefined;
  private prober: ProberControl | undefined;
  private api: ControlClient | undefined;
  private gameId = '';
  private teamIds: readonly string[] = [];
  /** Where the facilitator finds the token. */
  private tokenFile = '';
  /** What customers may call besides public addresses and the bots. */
  private allow: readonly string[];
  private stopping: Promise<void> | undefined;
  /** Whether the API takes the endpoints of bots: the game exists, and its services let changes in. */
  private takesEndpoints = false;

  constructor(
    private readonly options: LaunchOptions,
    private readonly stage: Stage,
    private readonly logger: Logger,
    private readonly progress: Progress,
  ) {
    this.allow = options.allow ?? [];
  }

  get url(): string {
    return urlOf(this.options.host, this.options.port);
  }

  /** Boots until salaries can move. @throws PaydayError, ControlError with what is wrong and what to do */
  async start(): Promise<void> {
    const { options, stage, progress, logger } = this;
    const plan = options.resume ? null : planGame(options);
    const chaosTargets = readChaosTargets(options, plan);
    // Before anything is written: resuming a game that does not exist must leave no folder behind.
    const record = options.resume ? readLaunchRecord(options.dataDir) : null;
    if (options.allow === null) this.allow = record?.allow ?? [];
    const warning = await refusalWarning(plan?.endpoints ?? [], this.allow);
    if (warning !== null) progress.step(`WARNING: ${warning}`);
    await assertPortFree(options.host, options.port);
    const folder = openDataFolder(options.dataDir);
    this.folder = folder;
    // The seed of a resumed game is in the database; the sandboxes of a new one start beside it.
    if (plan) this.startSandboxes(plan.bots, plan.scenario, plan.scenario.seed, options.speed);
    progress.step(
      options.databaseUrl === undefined
        ? 'starting PostgreSQL and the event log'
        : 'opening the database and the event log',
    );
    const engines = await openEngines(folder, options, logger);
    this.engines = engines;
    // The first token has to be written before there is a service that could make one.
    const tokens = new TokenStore(engines.dataSource, systemClock);
    this.tokenFile = await keepFacilitatorToken(folder.path, new TokenService(tokens, systemClock), tokens);
    const token = readFileSync(this.tokenFile, 'utf8').trim();
    this.api = new ControlClient({ url: this.url, token });
    progress.step('starting the services');
    this.fleet = await stage.boot({
      ...{ options, logger, progress, folder, engines, chaosTargets, url: this.url },
      targetOf: (teamId) => this.targetOf(teamId),
      onProcessUp: () => this.prober?.sendAddresses(),
    });
    const game = plan ? await this.newGame(plan) : await this.resumeGame(record!);
    if (game.state !== 'sealed') await this.startProber();
    if (game.state === 'lobby') {
      // From the first window on, every team gets its requests.
      await this.prober!.ready();
      await this.api.scheduleGame(game.id, systemClock.nowMs() + stage.timing.startDelayMs);
    } else await stage.goOn(game.id, () => this.prober!.ready());
    stage.runGames();
    const happens = game.state === 'sealed' ? 'is over' : options.resume ? 'goes on' : 'begins';
    progress.step(`the game ${happens}: ${game.name}`);
  }

  /** Plays to the end; null if interrupted. @throws ControlError */
  finish(signal: AbortSignal): Promise<FinalStandings | null> {
    if (this.api === undefined || this.gameId === '')
      throw new PaydayError('not_started', 'the game has not started');
    return finishGame(this.api, this.gameId, signal);
  }

  /** What a user should know beside the addresses, a line each. */
  describe(): string[] {
    return [
      ...this.stage.describe(),
      `Facilitator   the token is in ${this.tokenFile}; only you can read it`,
      this.stage.canResume
        ? 'Ctrl-C stops the game; npm start -- --resume goes on with it.'
        : 'Ctrl-C stops all of it.',
    ];
  }

  /** Takes everything down, whatever has been started so far. Repeatable. */
  stop(): Promise<void> {
    this.stopping ??= this.takeDown();
    return this.stopping;
  }

  private async takeDown(): Promise<void> {
    const { stage } = this;
    const { graceMs } = stage.timing;
    const tolerate = (what: string) => (err: unknown) =>
      this.logger.error({ err }, `${what} did not stop cleanly`);
    this.prober?.stopWaiting();
    await stage.stopGames();
    // A signal to the whole process group has reached the children as well.
    this.fleet?.letGo();
    this.sandboxes?.letGo();
    // The prober first, so that it can still deliver its last results.
    await this.fleet?.stop(graceMs, 'prober').catch(tolerate('the prober'));
    await Promise.all([
      this.sandboxes?.stop(graceMs).catch(tolerate('a sandbox')),
      stage.close().catch(tolerate('a service')),
    ]);
    await this.engines?.close().catch(tolerate('an engine'));
    this.folder?.release();
  }

  private async newGame(plan: GamePlan): Promise<ControlGame> {
    const { stage, progress, sandboxes } = this;
    const api = this.api!;
    await Promise.all([stage.open(), sandboxes?.allReady(stage.timing.sandboxesMs)]);
    if (sandboxes) progress.step(`${plan.bots.length} bot teams are up`);
    const endpoints = [...plan.endpoints, ...(sandboxes?.endpoints() ?? [])];
    const { speed } = this.options;
    const game = await api.createGame({
      scenario: plan.scenarioFile,
      ...(speed === 1 ? {} : { speed }),
      teams: plan.teams.map((team) => ({ ...team, endpoints: endpointsOf(team.id, endpoints) })),
    });
    this.gameId = game.id;
    this.teamIds = plan.teams.map(({ id }) => id);
    this.takesEndpoints = true;
    if (stage.canResume)
      writeLaunchRecord(this.folder!.path, {
        gameId: game.id,
        bots: plan.bots.length,
        speed,
        allow: [...this.allow],
      });
    await this.showProofs(plan.bots);
    this.publishTargets();
    return game;
  }

  private async resumeGame(record: LaunchRecord): Promise<ControlGame> {
    const { stage } = this;
    const game = await this.api!.game(record.gameId);
    this.gameId = game.id;
    // A sealed game changes no more, but its final standings can still be shown.
    if (game.state !== 'sealed') {
      if (record.bots > 0) await this.restartSandboxes(record, game);
      if (game.state !== 'lobby') await stage.recoverGame(game.id);
    }
    await stage.open();
    // The prober has to learn the bots' new addresses before the game goes on.
    this.takesEndpoints = true;
    const endpoints = this.sandboxes?.endpoints() ?? [];
    await Promise.all(endpoints.map((endpoint) => this.registerEndpoint(endpoint)));
    return game;
  }

  private async restartSandboxes({ bots: count, speed }: LaunchRecord, game: ControlGame): Promise<void> {
    // The API does not show the seed. No service writes yet, and this only reads.
    const { seed } = (await new GameStore(this.engines!.dataSource).find(game.id))!;
    const { bots } = botTeams(count, seed);
    this.startSandboxes(bots, game, seed, speed);
    await this.showProofs(bots);
    await this.sandboxes!.allReady(this.stage.timing.sandboxesMs);
    this.progress.step(`${count} bot teams are up again`);
  }

  private startSandboxes(
    bots: GamePlan['bots'],
    { services }: { services: readonly { id: string }[] },
    seed: string,
    speed: number,
  ): void {
    if (bots.length === 0) return;
    const serviceIds = services.map(({ id }) => id);
    const onReady = (teamId: string): void => this.onTeamReady(teamId);
    this.sandboxes = new Sandboxes({ bots, serviceIds, seed, speed, logger: this.logger, onReady });
    this.sandboxes.start();
  }

  private async showProofs(bots: GamePlan['bots']): Promise<void> {
    const proofs = await Promise.all(
      bots.map(async ({ teamId }) => [teamId, await this.api!.proof(this.gameId, teamId)] as const),
    );
    const known = proofs.filter((entry): entry is [string, string] => entry[1] !== null);
    this.sandboxes?.showProofs(new Map(known));
  }

  /** A team whose process was restarted may have new addresses. */
  private onTeamReady(teamId: string): void {
    if (!this.takesEndpoints || this.stopping) return;
    this.prober?.sendAddresses();
    this.publishTargets();
    for (const endpoint of this.sandboxes!.endpoints())
      if (endpoint.teamId === teamId) void this.registerEndpoint(endpoint);
  }

  private async registerEndpoint({ teamId, serviceId, url }: Endpoint): Promise<void> {
    try {
      // The port may have been another bot's before; the proof shows whose it is now.
      await this.api!.setEndpoint(this.gameId, teamId, serviceId, { url, shared: true });
    } catch (err) {
      if (this.stopping) return;
      const message = `the endpoints of a team could not be registered: ${messageOf(err)}`;
      this.logger.error({ err, teamId }, message);
    }
  }

  private async startProber(): Promise<void> {
    this.prober = new ProberControl({
      fleet: this.fleet!,
      gameId: this.gameId,
      token: await proberToken(this.api!, this.gameId),
      url: this.url,
      logger: this.logger,
      withinMs: this.stage.timing.proberMs,
      addresses: () => this.probeAddresses(),
      onAgent: () => this.publishTargets(),
    });
    this.prober.start();
  }

  /** Read anew each time: sandboxes that were restarted may have other ports. */
  private probeAddresses(): ProbeAddresses {
    return {
      allow: [...this.allow, ...botRanges(this.sandboxes?.endpoints() ?? [])],
      deniedOrigins: [...this.stage.deniedOrigins(), ...(this.sandboxes?.agentUrls() ?? [])],
    };
  }

  private targetOf(teamId: string): FaultTarget | null {
    const sandbox = this.sandboxes?.target(teamId) ?? null;
    const agent = this.prober?.agent;
    if (sandbox === null && agent === undefined) return null;
    return { teamId, ...sandbox, ...(agent === undefined ? {} : { probers: [agent] }) };
  }

  private publishTargets(): void {
    this.stage.publishTargets(this.gameId, this.teamIds);
  }
}
