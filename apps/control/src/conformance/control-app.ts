import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import request from 'supertest';
import { decodeCloudEvent, TOPICS, type GameEvent, type Scenario } from '#contracts';
import type { EventLog, EventRecord } from '#event-log';
import {
  type AuditEntry,
  type DataSource,
  type NewToken,
  openDatabase,
  OutboxRelay,
  streamAudit,
  TokenStore,
} from '#persistence';
import { RuntimeModule, configureHttpApp, createLogger } from '#runtime';
import { AnswerCheck, startTestPostgres, type TestPostgres } from '#testing';
import { systemActor } from '../actor.js';
import { ControlModule, type ControlModuleOptions } from '../control.module.js';
import { GameService } from '../game-service.js';

const LAUNCHER = systemActor('launcher');

/** When the harness's clock starts, epoch ms. */
export const T0 = 1_763_900_000_000;

/** Control's whole HTTP face on a real database, with a manual clock and a log that is a list. */
export class ControlApp {
  private constructor(
    private readonly time: { nowMs: number },
    private readonly log: EventRecord[],
    private readonly postgres: TestPostgres,
    readonly database: DataSource,
    readonly tokens: TokenStore,
    readonly app: NestFastifyApplication,
    /** Authorization header of a facilitator labelled `boss`. */
    readonly boss: string,
  ) {}

  static async open(options: ControlModuleOptions = {}): Promise<ControlApp> {
    const postgres = await startTestPostgres();
    const database = await openDatabase(postgres.databaseUrl, { migrate: true });
    const logger = createLogger({ service: 'test', level: 'silent' });
    const time = { nowMs: T0 };
    const log: EventRecord[] = [];
    const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs };
    const tokens = new TokenStore(database, clock);
    const append = async (topic: string, records: EventRecord[]): Promise<void> => {
      if (topic === TOPICS.gameEvents) log.push(...records);
    };
    const runtime = RuntimeModule.register({
      clock,
      logger,
      metrics: new Registry(),
      dataSource: database,
      tokenVerifier: tokens,
      eventLog: { append } as unknown as EventLog,
    });
    const control = ControlModule.register(options);
    const testing = await Test.createTestingModule({ imports: [runtime, control] }).compile();
    const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
      logger: false,
    });
    configureHttpApp(app);
    app.useGlobalInterceptors(new AnswerCheck());
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    const { secret } = await tokens.create({ role: 'facilitator', label: 'boss' });
    return new ControlApp(time, log, postgres, database, tokens, app, `Bearer ${secret}`);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.database.destroy();
    await this.postgres.stop();
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  set nowMs(nowMs: number) {
    this.time.nowMs = nowMs;
  }

  get games(): GameService {
    return this.app.get(GameService);
  }

  /** Authorization header of a new token. */
  async token(token: Omit<NewToken, 'label'> & { label?: string }): Promise<string> {
    const { secret } = await this.tokens.create({ label: token.role, ...token });
    return `Bearer ${secret}`;
  }

  /** Calls the API, without `as` as an anonymous client. */
  call(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    options: { as?: string; body?: object | string; type?: string } = {},
  ): request.Test {
    let test = request(this.app.getHttpServer())[method](`/api/v1/${path}`);
    if (options.as !== undefined) test = test.set('authorization', options.as);
    if (options.type !== undefined) test = test.type(options.type);
    return options.body === undefined ? test : test.send(options.body as object);
  }

  /** A new game, which is also the newest; the clock advances so that "newest" is unambiguous. */
  async newGame(scenario: Partial<Scenario> = {}): Promise<string> {
    this.nowMs += 1_000_000;
    const game = await this.games.create(
      {
        scenario: { ...SCENARIO, ...scenario },
        teams: [
          { id: 'fenrir', name: 'Fenrir Works', color: '#e4572e', ranked: true },
          { id: 'reference', name: 'Reference', color: '#888888', ranked: false },
        ],
        endpoints: [],
      },
      LAUNCHER,
    );
    return game.id;
  }

  /** A game that starts now. */
  async runningGame(scenario: Partial<Scenario> = {}): Promise<{ id: string; startsAt: number }> {
    const id = await this.newGame(scenario);
    const { startsAt } = await this.games.start(id, LAUNCHER);
    this.nowMs = startsAt!;
    return { id, startsAt: startsAt! };
  }

  /** What the scorer does once the ledger of a game is closed: the last score of every team is committed. */
  async scoreLast(gameId: string): Promise<void> {
    await this.database.query(
      `INSERT INTO team_score SELECT game_id, id, 0, 1, '{"final": true}' FROM team WHERE game_id = $1
       ON CONFLICT (game_id, team_id) DO UPDATE SET score = team_score.score || excluded.score`,
      [gameId],
    );
  }

  async eventsOf(gameId: string): Promise<GameEvent[]> {
    await this.app.get(OutboxRelay).drained(5_000);
    const records = this.log.filter((record) => record.key === gameId);
    return records.map((record) => decodeCloudEvent(record) as GameEvent);
  }

  /** Oldest first. */
  async auditOf(gameId?: string): Promise<AuditEntry[]> {
    const entries: AuditEntry[] = [];
    for await (const entry of streamAudit(this.database, gameId === undefined ? {} : { gameId }))
      entries.push(entry);
    return entries;
  }
}

export const SCENARIO: Scenario = {
  id: 'test',
  name: 'Test',
  description: '',
  durationMs: 60_000,
  seed: 's',
  services: [{ id: 'router', letter: 'R', weightPercent: 100, checks: [] }],
  probing: { timeoutMs: 1000, maxBodyBytes: 1000 },
  pay: {
    windowMs: 5000,
    speedBands: [{ upToMs: 100, cents: 10 }],
    failureCents: -5,
    downtime: { belowAvailabilityPercent: 90, minProbes: 5, cents: -100 },
    market: { ownPercent: 100, foreignPercent: 100, providerFeeCents: 0 },
  },
  load: [],
  timeline: [],
};
