import { Test } from '@nestjs/testing';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import request from 'supertest';
import type { EventLog } from '#event-log';
import { type AuditEntry, type DataSource, openDatabase, streamAudit, TokenStore } from '#persistence';
import { RuntimeModule, configureHttpApp, createLogger } from '#runtime';
import {
  AnswerCheck,
  EventBuilder,
  ManualTime,
  buildScenario,
  startTestPostgres,
  type TestPostgres,
} from '#testing';
import { GameDirectory } from './game-directory.js';
import { IngestModule } from './ingest.module.js';

let postgres: TestPostgres;
let database: DataSource;
let app: NestFastifyApplication;
let tokens: TokenStore;
const clock = new ManualTime();
const events = new EventBuilder('g');

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.databaseUrl, { migrate: true });
  tokens = new TokenStore(database, clock);
  const logger = createLogger({ service: 'test', level: 'silent' });
  const runtime = RuntimeModule.register({
    clock,
    logger,
    metrics: new Registry(),
    eventLog: {} as EventLog,
    dataSource: database,
    tokenVerifier: tokens,
  });
  const module = await Test.createTestingModule({ imports: [runtime, IngestModule] }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  configureHttpApp(app);
  app.useGlobalInterceptors(new AnswerCheck());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const games = app.get(GameDirectory);
  for (const event of [events.created(buildScenario()), events.team('ants'), events.team('bees')])
    games.handle(event);
}, 60_000);
afterAll(async () => {
  await app?.close();
  await database?.destroy();
  await postgres?.stop();
});

async function send(body: object, token: { role?: 'prober' | 'team'; gameId?: string } = {}) {
  const { secret } = await tokens.create({ role: 'prober', label: 'prober-1', ...token });
  return request(app.getHttpServer())
    .post('/api/v1/probe-batches/endpoint-findings')
    .set('authorization', `Bearer ${secret}`)
    .send(body);
}

async function audit(): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of streamAudit(database, { gameId: 'g' })) entries.push(entry);
  return entries;
}

const foreign = { teamId: 'ants', serviceId: 'router', kind: 'foreign', shownTeamId: 'bees' };
const unproven = { teamId: 'bees', serviceId: 'catalog', kind: 'unproven', got: 'gave status 404' };

it("writes a prober's findings to the audit log under its name", async () => {
  const answer = await send({ gameId: 'g', findings: [foreign, unproven] });
  expect([answer.status, answer.body]).toEqual([202, { taken: 2 }]);
  expect(await audit()).toMatchObject([
    {
      at: clock.nowMs(),
      actor: { role: 'prober', label: 'prober-1' },
      action: 'endpoint.foreign',
      subject: { game: 'g', team: 'ants', service: 'router' },
      details: { shownTeamId: 'bees' },
    },
    {
      action: 'endpoint.unproven',
      subject: { game: 'g', team: 'bees', service: 'catalog' },
      details: { got: 'gave status 404' },
    },
  ]);
});

it.each<[what: string, body: object, token: object, status: number, code: string]>([
  ['a team', { gameId: 'g', findings: [foreign] }, { role: 'team' }, 403, 'forbidden'],
  ['a prober of another game', { gameId: 'g', findings: [foreign] }, { gameId: 'h' }, 403, 'forbidden'],
  ['an unknown game', { gameId: 'h', findings: [foreign] }, {}, 404, 'unknown_game'],
  ['an unknown team', { gameId: 'g', findings: [{ ...foreign, teamId: 'x' }] }, {}, 404, 'unknown_team'],
  [
    'an unknown owner',
    { gameId: 'g', findings: [{ ...foreign, shownTeamId: 'x' }] },
    {},
    404,
    'unknown_team',
  ],
  [
    'an unknown service',
    { gameId: 'g', findings: [{ ...foreign, serviceId: 'x' }] },
    {},
    404,
    'unknown_service',
  ],
  ['another kind', { gameId: 'g', findings: [{ ...foreign, kind: 'nice' }] }, {}, 400, 'bad_request'],
  ['nothing', { gameId: 'g', findings: [] }, {}, 400, 'bad_request'],
  ['too many', { gameId: 'g', findings: Array(101).fill(foreign) }, {}, 400, 'bad_request'],
  [
    'one invalid finding among valid ones',
    { gameId: 'g', findings: [foreign, { teamId: 1 }] },
    {},
    400,
    'bad_request',
  ],
])('refuses %s, and writes nothing', async (_, body, token, status, code) => {
  const before = (await audit()).length;
  const answer = await send(body, token);
  expect([answer.status, (answer.body as { code: string }).code]).toEqual([status, code]);
  expect(await audit()).toHaveLength(before);
});

it('refuses a request without a token', async () => {
  await request(app.getHttpServer()).post('/api/v1/probe-batches/endpoint-findings').send({}).expect(401);
});

it('refuses findings for a sealed game', async () => {
  app.get(GameDirectory).handle(events.make('dev.payday.game.sealed', { sealedAt: 1 }));
  expect((await send({ gameId: 'g', findings: [foreign] })).status).toBe(409);
});
