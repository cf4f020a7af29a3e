import { TOPICS, decodeProbeBatch, encodeCloudEvent, type GameEvent } from '#contracts';
import { comparePositions, openEventLog, type EventLog } from '#event-log';
import { type DataSource, GameStore, openDatabase, TokenStore } from '#persistence';
import { systemClock } from '#runtime';
import { EventBuilder, buildScenario, freePort, type TestPostgres } from '#testing';
import { eventually } from '../../support/wait.js';
import { auditDifferences } from './audit-command.js';
import { CommitWatch } from './commit-watch.js';
import { lmdbMedium, type Gap, type Medium, type WorldLog } from './medium.js';
import { ProberLoad, keyOf, resultsOf } from './prober-load.js';
import { readTopic } from './read-topic.js';
import { ServiceProcess } from './service-process.js';
import { UpdateWatch } from './update-watch.js';
import { judge, type Verdict } from './verdict.js';

export const GAME = 'faults';
export const WINDOW_MS = 1_000;
const TEAMS = ['ants', 'bees', 'cats', 'dogs', 'eels', 'frogs'];
/** How long before the first result the game begins, so that late and early results fall into it. */
const BEGUN_BEFORE_MS = 5_000;
const LASTS_MS = 3_600_000;

export interface WorldOptions {
  seed: string;
  /** By prober; default: three correct clocks. */
  skewsMs?: readonly number[];
  begunBeforeMs?: number;
  /** Of the results; default 1. */
  partitions?: number;
  /** Default: LMDB. */
  medium?: Medium;
  /** Called after each kill. */
  onKill?(kills: number, of: number): void;
}

let databases = 0;

/**
 * One game with a database and a log of its own, ingest and the scorer as processes, and probers at full
 * speed. The test injects faults, then asks for the verdict.
 */
export class World {
  private readonly events: GameEvent[] = [];
  private readonly builder = new EventBuilder(GAME);
  private readonly scenario = buildScenario({ durationMs: LASTS_MS });
  readonly startsAt: number;
  /** The planned end; no scenario plays that long. */
  readonly endsAt: number;
  readonly updates: UpdateWatch;

  private constructor(
    readonly postgres: TestPostgres,
    readonly medium: Medium,
    private readonly where: WorldLog,
    readonly databaseUrl: string,
    readonly dataSource: DataSource,
    readonly log: EventLog,
    /** The checkpoint of each partition. */
    private readonly watches: readonly CommitWatch[],
    readonly ingest: ServiceProcess,
    readonly scorer: ServiceProcess,
    readonly probers: readonly ProberLoad[],
    begunBeforeMs: number,
    readonly onKill: (kills: number, of: number) => void,
  ) {
    this.updates = new UpdateWatch(log);
    this.startsAt = Math.floor((Date.now() - begunBeforeMs) / WINDOW_MS) * WINDOW_MS;
    this.endsAt = this.startsAt + LASTS_MS;
  }

  /** Creates the world and starts its processes. */
  static async create(postgres: TestPostgres, options: WorldOptions): Promise<World> {
    const { medium = lmdbMedium, partitions = 1 } = options;
    const where = await medium.open();
    const databaseUrl = await newDatabase(postgres);
    const dataSource = await openDatabase(databaseUrl, { migrate: true });
    const log = await openEventLog(where.url, { clock: systemClock });
    await log.createTopics(
      Object.values(TOPICS).map((topic) => ({
        topic,
        partitions: topic === TOPICS.probeResults ? partitions : 1,
      })),
    );
    const { secret: token } = await new TokenStore(dataSource, systemClock).create({
      role: 'prober',
      gameId: GAME,
      label: 'load',
    });
    const env = { PAYDAY_LOG_URL: where.url, DATABASE_URL: databaseUrl, PAYDAY_LOG_LEVEL: 'warn' };
    const port = await freePort();
    const probers = (options.skewsMs ?? [0, 0, 0]).map(
      (skewMs, index) =>
        new ProberLoad({
          gameId: GAME,
          teamIds: TEAMS,
          serviceIds: ['router', 'catalog'],
          ingestUrl: `http://127.0.0.1:${port}`,
          token,
          seed: options.seed,
          proberId: `prober-${index + 1}`,
          skewMs,
          workers: 2,
          pauseMs: 25,
        }),
    );
    const world = new World(
      postgres,
      medium,
      where,
      databaseUrl,
      dataSource,
      log,
      Array.from({ length: partitions }, (_, partition) => new CommitWatch(databaseUrl, partition)),
      new ServiceProcess('ingest', { ...env, PAYDAY_PORT: String(port) }),
      new ServiceProcess('scorer', { ...env, PAYDAY_LOG_URL: where.scorerUrl }),
      probers,
      options.begunBeforeMs ?? BEGUN_BEFORE_MS,
      options.onKill ?? (() => undefined),
    );
    await world.begin();
    return world;
  }

  /** The checkpoint of the first partition. */
  get watch(): CommitWatch {
    return this.watches[0]!;
  }

  /** Of each partition; null where none was claimed yet. */
  async commitSeqs(): Promise<(number | null)[]> {
    return Promise.all(this.watches.map(async (watch) => (await watch.readCheckpoint())?.commitSeq ?? null));
  }

  /** Resolves when every partition with commits has had more than one since: one may have been in progress. */
  async committedBeyond(before: readonly (number | null)[]): Promise<void> {
    await Promise.all(
      this.watches.map((watch, partition) => {
        const seq = before[partition]!;
        return seq && watch.until('more commits', ({ commitSeq }) => commitSeq > seq + 1, 60_000);
      }),
    );
  }

  /** Stalls the scorers' writes to the log. */
  gap(): Gap {
    return this.where.gap();
  }

  /** Another scorer. */
  rival(): ServiceProcess {
    return new ServiceProcess('scorer', {
      PAYDAY_LOG_URL: this.where.scorerUrl,
      DATABASE_URL: this.databaseUrl,
      PAYDAY_LOG_LEVEL: 'warn',
    });
  }

  /** Whether a scorer is idle inside an open transaction. */
  async isCommitOpen(): Promise<boolean> {
    const [row] = await this.dataSource.query<{ open: boolean }[]>(
      `SELECT count(*) > 0 AS open FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'payday-scorer' AND state = 'idle in transaction'`,
    );
    return row!.open;
  }

  /** Publishes a game event, as control would. */
  async publishEvent(event: GameEvent): Promise<void> {
    this.events.push(event);
    await this.log.append(TOPICS.gameEvents, [encodeCloudEvent(event)]);
  }

  get make(): EventBuilder {
    return this.builder;
  }

  /** The start of the window `inMs` from now. */
  boundary(inMs: number): number {
    return Math.ceil((Date.now() + inMs) / WINDOW_MS) * WINDOW_MS;
  }

  /** Resolves when everything is sent and acknowledged, and every acknowledged result is committed. */
  async settle(): Promise<void> {
    await Promise.all(this.probers.map((prober) => prober.stop()));
    const ends = await this.log.endPositions(TOPICS.probeResults);
    for (const [partition, end] of ends.entries()) {
      if (end === null) continue;
      await this.watches[partition]!.until(
        'all results are committed',
        ({ positions }) =>
          positions['probe-results'] !== undefined && comparePositions(positions['probe-results'], end) >= 0,
      );
    }
  }

  /** Ends and seals the game when everything is in. The end is `endsInMs` from now; it may be in the past. */
  async finish(endsInMs = WINDOW_MS): Promise<void> {
    await this.settle();
    await this.publishEvent(this.builder.make('dev.payday.game.ended', { endsAt: this.boundary(endsInMs) }));
    await this.publishEvent(this.builder.make('dev.payday.game.sealed', { sealedAt: Date.now() }));
    for (const watch of this.watches)
      await watch.until('the game is sealed', ({ positions }) => `sealed:${GAME}` in positions);
  }

  get acknowledgedBatches(): number {
    return this.probers.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  }

  get acknowledgedResults(): number {
    let sum = 0;
    for (const { acknowledged } of this.probers)
      for (const { outcome } of acknowledged.values()) sum += outcome.length;
    return sum;
  }

  /** Compares the ledger with the oracle's; only for a sealed game. */
  async verdict(): Promise<Verdict> {
    const crashes = [...this.ingest.crashes, ...this.scorer.crashes];
    if (crashes.length > 0)
      throw new Error([...crashes, ...this.ingest.lines, ...this.scorer.lines].join('\n'));
    const results = this.probers.flatMap(({ acknowledged }) => [...acknowledged.values()].flatMap(resultsOf));
    return judge(this.dataSource, GAME, this.scenario, this.events, results);
  }

  /** What `payday audit`, in a process of its own, finds wrong; only for a sealed game. */
  async audit(): Promise<number> {
    // Control would have created the game; here the test does.
    const { startsAt, endsAt } = this;
    const game = { id: GAME, name: GAME, seed: '', scenario: this.scenario, state: 'sealed' as const };
    const times = {
      startsAt,
      endsAt,
      pausedAt: null,
      createdAt: startsAt,
      sealedAt: endsAt,
      lastAliveAt: null,
    };
    await new GameStore(this.dataSource).insert(this.dataSource.manager, { ...game, ...times }, [], []);
    return auditDifferences(this.where.url, this.databaseUrl, GAME);
  }

  /** How often each batch is in the log, by its key. */
  async appendedTimes(): Promise<Map<string, number>> {
    const times = new Map<string, number>();
    for (const { value } of await readTopic(this.log, TOPICS.probeResults)) {
      const key = keyOf(decodeProbeBatch(value));
      times.set(key, (times.get(key) ?? 0) + 1);
    }
    return times;
  }

  /** Committed salaries by team. */
  async salaries(): Promise<Record<string, number>> {
    const rows = await this.dataSource.query<{ team: string; cents: number }[]>(
      'SELECT team_id AS team, salary_cents AS cents FROM team_score WHERE game_id = $1',
      [GAME],
    );
    return Object.fromEntries(rows.map(({ team, cents }) => [team, cents]));
  }

  async close(): Promise<void> {
    for (const service of [this.scorer, this.ingest]) await service.kill();
    await Promise.all([...this.watches.map((watch) => watch.close()), this.updates.close()]);
    await this.dataSource.destroy().catch(() => undefined);
    await this.log.close();
    await this.where.remove();
  }

  private async begin(): Promise<void> {
    await this.publishEvent(this.builder.created(this.scenario));
    for (const team of TEAMS) await this.publishEvent(this.builder.team(team));
    const { startsAt, endsAt } = this;
    await this.publishEvent(this.builder.make('dev.payday.game.scheduled', { startsAt, endsAt }));
    this.ingest.start();
    this.scorer.start();
    for (const prober of this.probers) prober.start();
    await this.watch.until('first results are committed', ({ positions }) => 'probe-results' in positions);
  }
}

async function newDatabase(postgres: TestPostgres): Promise<string> {
  const name = `faults_${++databases}`;
  // Its predecessor may have been killed: the server may still be starting.
  await eventually(
    async () => {
      const admin = await openDatabase(postgres.databaseUrl);
      try {
        await admin.query(`CREATE DATABASE ${name}`);
      } finally {
        await admin.destroy();
      }
    },
    { withinMs: 20_000 },
  );
  return postgres.databaseUrl.replace(/[^/]+$/, name);
}
