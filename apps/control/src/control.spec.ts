import { jest } from '@jest/globals';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import request from 'supertest';
import { type CloudEvent, decodeCloudEvent, type GameEvent, type Scenario, TOPICS } from '#contracts';
import type { EventLog, EventRecord } from '#event-log';
import { type DataSource, GameStore, openDatabase, OutboxRelay, ScorerStore, TokenStore } from '#persistence';
import { RuntimeModule, configureHttpApp, createLogger } from '#runtime';
import { GameSchedule, applyScheduleEvent } from '#game';
import { LatencyHistogram, encodeHistogram } from '#scoring';
import { AnswerCheck, startTestPostgres, type TestPostgres } from '#testing';
import { systemActor } from './actor.js';
import { ControlModule } from './control.module.js';
import { GameChanges } from './game-changes.js';
import { GameLoop } from './game-loop.js';
import { GameService } from './game-service.js';
import { DEFAULT_CONTROL_OPTIONS } from './options.js';

const ME = systemActor('test');
const T0 = 1_763_900_000_000;
let nowMs = T0;
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
const log: EventRecord[] = [];

let postgres: TestPostgres;
let database: DataSource;
let app: NestFastifyApplication;
let games: GameService;
let store: GameStore;
let tokens: TokenStore;
let facilitator: string;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.databaseUrl, { migrate: true });
  const logger = createLogger({ service: 'test', level: 'silent' });
  tokens = new TokenStore(database, clock);
  const runtime = RuntimeModule.register({
    clock,
    logger,
    metrics: new Registry(),
    dataSource: database,
    tokenVerifier: tokens,
    eventLog: {
      append: async (topic: string, records: EventRecord[]) => {
        expect(topic).toBe(TOPICS.gameEvents);
        log.push(...records);
      },
    } as unknown as EventLog,
  });
  const control = ControlModule.register({});
  const testing = await Test.createTestingModule({ imports: [runtime, control] }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  configureHttpApp(app);
  app.useGlobalInterceptors(new AnswerCheck());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  games = app.get(GameService);
  store = app.get(GameStore);
  facilitator = `Bearer ${(await tokens.create({ role: 'facilitator', label: 'boss' })).secret}`;
});

afterAll(async () => {
  await app?.close();
  await database?.destroy();
  await postgres?.stop();
});

/** A new game, which is also the newest; the clock advances so that "newest" is unambiguous. */
async function newGame(): Promise<string> {
  nowMs += 1_000_000;
  const game = await games.create(
    {
      scenario: SCENARIO,
      teams: [
        { id: 'fenrir', name: 'Fenrir Works', color: '#e4572e', ranked: true },
        { id: 'reference', name: 'Reference', color: '#888888', ranked: false },
      ],
      endpoints: [{ teamId: 'fenrir', serviceId: 'router', url: 'http://127.0.0.1:8001/' }],
    },
    ME,
  );
  return game.id;
}

async function runningGame(): Promise<string> {
  const id = await newGame();
  nowMs = (await games.start(id, ME)).startsAt!;
  return id;
}

async function eventsOf(gameId: string): Promise<CloudEvent[]> {
  await app.get(OutboxRelay).drained(5_000);
  return log.filter((record) => record.key === gameId).map((record) => decodeCloudEvent(record));
}

describe('GameService', () => {
  it('creates a game and publishes its events in order, in one transaction', async () => {
    const id = await newGame();
    const events = await eventsOf(id);
    expect(events.map((e) => [e.sequence, e.source, e.subject, e.type])).toEqual([
      [1, '/control', id, 'dev.payday.game.created'],
      [2, '/control', id, 'dev.payday.team.added'],
      [3, '/control', id, 'dev.payday.team.added'],
      [4, '/control', id, 'dev.payday.endpoint.changed'],
    ]);
    expect(events[0]!.data).toEqual({ gameId: id, name: 'Test', seed: 's', scenario: SCENARIO });
    expect(events[3]!.data).toEqual({ teamId: 'fenrir', serviceId: 'router', url: 'http://127.0.0.1:8001' });
    expect(await store.endpoints(id)).toEqual([events[3]!.data]);
  });

  it.each([
    ['two teams with one id', { teams: [TEAM('a'), TEAM('a')] }, 'bad_request'],
    ['a malformed team id', { teams: [TEAM('A b')] }, 'bad_request'],
    [
      'an endpoint of no team',
      { endpoints: [{ teamId: 'x', serviceId: 'router', url: 'http://h' }] },
      'unknown_team',
    ],
    [
      'an endpoint of no service',
      { endpoints: [{ teamId: 'a', serviceId: 'x', url: 'http://h' }] },
      'unknown_service',
    ],
    [
      'an endpoint that is not http',
      { endpoints: [{ teamId: 'a', serviceId: 'router', url: 'ftp://h' }] },
      'bad_request',
    ],
  ])('refuses %s, and nothing changes', async (_, part, code) => {
    const before = (await store.list()).length;
    const wanted = { scenario: SCENARIO, teams: [TEAM('a')], endpoints: [], ...part };
    await expect(games.create(wanted, ME)).rejects.toMatchObject({ code });
    expect((await store.list()).length).toBe(before);
  });

  it('schedules at a whole second ahead of which every service knows, repeatable until it is too late', async () => {
    const id = await newGame();
    nowMs += 1;
    const { leadMs } = DEFAULT_CONTROL_OPTIONS;
    const soonest = Math.ceil((nowMs + leadMs) / 1000) * 1000;
    expect(await games.schedule(id, nowMs, ME)).toMatchObject({
      state: 'running',
      startsAt: soonest,
      endsAt: soonest + 60_000,
    });
    expect(await games.schedule(id, nowMs + 7_500, ME)).toMatchObject({ startsAt: soonest + 5_000 });
    for (const late of [1 - leadMs, -1, 0]) {
      nowMs = soonest + 5_000 + late;
      const { startsAt } = await games.game(id);
      await expect(games.schedule(id, nowMs + 60_000, ME)).rejects.toMatchObject({ code: 'wrong_state' });
      expect(await games.game(id)).toMatchObject({ startsAt });
    }
  });

  it('starts once, however often start is called before the game begins', async () => {
    const id = await newGame();
    nowMs += 300;
    const { startsAt } = await games.start(id, ME);
    for (const later of [200, 900, 900]) {
      nowMs += later;
      expect(await games.start(id, ME)).toMatchObject({ startsAt, effectiveAt: startsAt });
    }
    expect((await eventsOf(id)).filter(({ type }) => type === 'dev.payday.game.scheduled')).toHaveLength(1);
    nowMs = startsAt!;
    await expect(games.start(id, ME)).rejects.toMatchObject({ code: 'wrong_state' });
  });

  it('goes through a whole life cycle whose events their readers accept', async () => {
    const id = await runningGame();
    const { startsAt } = await games.game(id);
    nowMs = startsAt! + 6_000;
    expect(await games.pause(id, 'lunch', ME)).toMatchObject({
      state: 'paused',
      pausedAt: startsAt! + 10_000,
    });
    nowMs += 20_000;
    expect(await games.resume(id, ME)).toMatchObject({
      state: 'running',
      pausedAt: null,
      endsAt: startsAt! + 80_000,
    });
    nowMs = startsAt! + 80_000;
    await app.get(GameLoop).tick();
    expect(await games.game(id)).toMatchObject({ state: 'ended', lastAliveAt: nowMs });
    await games.seal(id, ME);
    await games.seal(id, ME);
    await expect(games.pause(id, 'x', ME)).rejects.toMatchObject({ code: 'game_over' });
    await expect(games.setEndpoint(id, 'fenrir', 'router', null, ME)).rejects.toMatchObject({
      code: 'game_over',
    });
    const events = (await eventsOf(id)) as GameEvent[];
    const schedule = events.reduce(applyScheduleEvent, GameSchedule.lobby(5000));
    expect(schedule.stateAt(nowMs)).toBe('sealed');
    expect(events.map((e) => e.sequence)).toEqual(events.map((_, i) => i + 1));
    expect(await store.pauses(id)).toEqual([{ fromAt: startsAt! + 10_000, untilAt: startsAt! + 30_000 }]);
  });

  it('serializes concurrent commands: one pause wins', async () => {
    const id = await runningGame();
    const results = await Promise.allSettled([1, 2, 3, 4].map((n) => games.pause(id, `pause ${n}`, ME)));
    expect(results.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect((await eventsOf(id)).filter((e) => e.type === 'dev.payday.game.paused')).toHaveLength(1);
  });

  it('publishes an endpoint only when it changes', async () => {
    const id = await runningGame();
    await games.setEndpoint(id, 'fenrir', 'router', 'http://127.0.0.1:8001', ME);
    await games.setEndpoint(id, 'fenrir', 'router', null, ME);
    await games.setEndpoint(id, 'fenrir', 'router', null, ME);
    await games.setEndpoint(id, 'fenrir', 'router', 'https://h/x/', ME);
    const changes = (await eventsOf(id)).filter((e) => e.type === 'dev.payday.endpoint.changed');
    expect(changes.map((e) => (e.data as { url: string }).url)).toEqual([
      'http://127.0.0.1:8001',
      null,
      'https://h/x',
    ]);
  });

  it('seals only what is over', async () => {
    const id = await runningGame();
    await expect(games.seal(id, ME)).rejects.toMatchObject({ code: 'wrong_state' });
    await games.end(id, ME);
    await expect(games.seal(id, ME)).rejects.toMatchObject({ code: 'wrong_state' });
    nowMs = (await games.game(id)).endsAt!;
    expect(await games.seal(id, ME)).toMatchObject({ state: 'ended', sealedAt: nowMs });
  });

  it('is sealed only when the last score of every team is committed', async () => {
    const id = await runningGame();
    await games.end(id, ME);
    nowMs = (await games.game(id)).endsAt!;
    await games.seal(id, ME);
    const tick = async (): Promise<string> => {
      await app.get(GameLoop).tick();
      return (await games.game(id)).state;
    };
    expect(await tick()).toBe('ended');
    // From here on, results that arrive after the ledger was closed are refused, like everything else.
    await expect(games.adjust(id, { teamId: 'fenrir', cents: 1, reason: 'x' }, ME)).rejects.toMatchObject({
      code: 'game_over',
    });
    const scored = (teamId: string, final: boolean) =>
      database.query(
        `INSERT INTO team_score VALUES ($1, $2, 0, 1, $3)
         ON CONFLICT (game_id, team_id) DO UPDATE SET score = excluded.score`,
        [id, teamId, JSON.stringify(final ? { asOf: nowMs, final } : { asOf: nowMs })],
      );
    await scored('fenrir', true);
    await scored('reference', false);
    expect(await tick()).toBe('ended');
    await scored('reference', true);
    expect(await tick()).toBe('sealed');
    expect(await games.seal(id, ME)).toMatchObject({ state: 'sealed', effectiveAt: nowMs });
  });

  describe('recoverAfterOutage', () => {
    /** What a restarted process holds in memory. */
    const restarted = (): GameService =>
      new GameService(app.get(GameChanges), store, clock, DEFAULT_CONTROL_OPTIONS);

    it('turns the outage into a pause once, whoever calls', async () => {
      const id = await runningGame();
      const { startsAt } = await games.game(id);
      await games.touchAlive(id, startsAt! + 12_000);
      nowMs = startsAt! + 41_000;
      const next = restarted();
      const recovered = await next.recoverAfterOutage(id, startsAt! + 12_000);
      expect(recovered).toMatchObject({ state: 'paused', pausedAt: startsAt! + 15_000 });
      nowMs += 20_000;
      await next.recoverAfterOutage(id);
      await restarted().recoverAfterOutage(id, startsAt! + 12_000);
      expect(await store.pauses(id)).toEqual([{ fromAt: startsAt! + 15_000, untilAt: null }]);
      expect(await next.isInOutage(id)).toBe(true);
    });

    it('lasts until customers are back, however long that takes, and ends on a boundary ahead', async () => {
      const id = await runningGame();
      const { startsAt } = await games.game(id);
      await games.touchAlive(id, startsAt! + 12_000);
      nowMs = startsAt! + 41_000;
      const next = restarted();
      await next.recoverAfterOutage(id);
      nowMs = startsAt! + 101_000;
      const resumed = await next.resumeAfterOutage(id);
      expect(resumed).toMatchObject({ state: 'running', pausedAt: null, endsAt: startsAt! + 150_000 });
      expect(resumed.effectiveAt).toBe(startsAt! + 105_000);
      expect(await next.isInOutage(id)).toBe(false);
      const schedule = ((await eventsOf(id)) as GameEvent[]).reduce(
        applyScheduleEvent,
        GameSchedule.lobby(5000),
      );
      expect(schedule.toGameTime(startsAt! + 105_000)).toBe(15_000);
      expect((await next.resumeAfterOutage(id)).effectiveAt).toBe(null);
      expect(await store.pauses(id)).toHaveLength(1);
    });

    it('costs nothing if it was over within its window', async () => {
      const id = await runningGame();
      const { startsAt, endsAt } = await games.game(id);
      await games.touchAlive(id, startsAt! + 10_500);
      nowMs = startsAt! + 11_000;
      await restarted().recoverAfterOutage(id);
      expect(await games.resumeAfterOutage(id)).toMatchObject({ endsAt, effectiveAt: startsAt! + 15_000 });
    });

    it.each([300_000, 3_600_000])(
      'is not hidden by a sign of life %i ms ahead of the clock',
      async (aheadMs) => {
        const id = await runningGame();
        const { startsAt } = await games.game(id);
        nowMs = startsAt! + 21_000;
        await restarted().recoverAfterOutage(id, nowMs + aheadMs);
        expect(await store.pauses(id)).toEqual([{ fromAt: startsAt! + 25_000, untilAt: null }]);
      },
    );

    it('does so again for a second outage during the recovery of the first', async () => {
      const id = await runningGame();
      const { startsAt } = await games.game(id);
      await games.touchAlive(id, startsAt! + 12_000);
      nowMs = startsAt! + 41_000;
      await restarted().recoverAfterOutage(id);
      await games.resumeAfterOutage(id);
      nowMs = startsAt! + 61_000;
      await restarted().recoverAfterOutage(id);
      expect(await games.resumeAfterOutage(id)).toMatchObject({ endsAt: startsAt! + 110_000 });
      expect(await store.pauses(id)).toEqual([
        { fromAt: startsAt! + 15_000, untilAt: startsAt! + 45_000 },
        { fromAt: startsAt! + 45_000, untilAt: startsAt! + 65_000 },
      ]);
    });

    it('leaves a paused game paused, and a game in the lobby alone', async () => {
      const id = await runningGame();
      await games.pause(id, 'x', ME);
      await games.touchAlive(id, nowMs);
      nowMs += 600_000;
      expect(await restarted().recoverAfterOutage(id)).toMatchObject({ state: 'paused' });
      expect(await store.pauses(id)).toHaveLength(1);
      expect(await games.isInOutage(id)).toBe(false);
      expect(await games.resumeAfterOutage(id)).toMatchObject({ state: 'paused', effectiveAt: null });
      const lobby = await newGame();
      expect(await restarted().recoverAfterOutage(lobby, nowMs - 5)).toMatchObject({ state: 'lobby' });
    });
  });
});

describe('REST', () => {
  const http = () => request(app.getHttpServer());
  const as = (token: string) => ({
    get: (path: string) => http().get(path).set('authorization', token),
    post: (path: string, body?: object) => http().post(path).set('authorization', token).send(body),
    put: (path: string, body: object) => http().put(path).set('authorization', token).send(body),
  });

  it('shows teams to everybody, and no more than that', async () => {
    const id = await newGame();
    const { body } = await http().get('/api/v1/teams').expect(200);
    expect(body).toEqual({
      gameId: id,
      teams: [
        { id: 'fenrir', name: 'Fenrir Works', color: '#e4572e' },
        { id: 'reference', name: 'Reference', color: '#888888' },
      ],
    });
    await http()
      .get('/api/v1/games')
      .expect(401)
      .expect('content-type', /problem\+json/);
  });

  it('shows games to facilitators, and pauses and resumes them', async () => {
    const id = await runningGame();
    const boss = as(facilitator);
    expect((await boss.get('/api/v1/games').expect(200)).body.games[0]).toMatchObject({
      id,
      state: 'running',
    });
    const paused = await boss.post(`/api/v1/games/${id}/pause`, { reason: 'lunch' }).expect(200);
    expect(paused.body).toMatchObject({ state: 'paused', pausedAt: expect.any(Number) as number });
    const again = await boss.post(`/api/v1/games/${id}/pause`).expect(409);
    expect(again.body).toMatchObject({ code: 'wrong_state' });
    await boss.post(`/api/v1/games/${id}/resume`).expect(200);
    expect((await boss.get(`/api/v1/games/${id}`).expect(200)).body.pauses).toHaveLength(1);
    expect((await boss.get('/api/v1/games/none').expect(404)).body).toMatchObject({ code: 'unknown_game' });
  });

  it('lets a team change its own endpoints only, and only in its game', async () => {
    const id = await runningGame();
    const { secret } = await tokens.create({ role: 'team', gameId: id, teamId: 'fenrir', label: 'f' });
    const team = as(`Bearer ${secret}`);
    const url = 'http://10.0.0.9:8080/';
    const { body } = await team.put('/api/v1/teams/fenrir/endpoints/router', { url }).expect(200);
    expect(body).toEqual({ teamId: 'fenrir', serviceId: 'router', url: 'http://10.0.0.9:8080' });
    await team.put('/api/v1/teams/reference/endpoints/router', { url }).expect(403);
    await team.put(`/api/v1/teams/fenrir/endpoints/none`, { url }).expect(404);
    await team.put(`/api/v1/teams/fenrir/endpoints/router`, { url: 'nonsense' }).expect(400);
    await team.put(`/api/v1/teams/fenrir/endpoints/router`, {}).expect(400);
    await team.post(`/api/v1/games/${id}/pause`).expect(403);
    const other = await newGame();
    await team.put(`/api/v1/teams/fenrir/endpoints/router?game=${other}`, { url }).expect(403);
  });

  it.each(['games/%00', 'games/%00/teams', 'games/a%2Fb'])('knows no game at %s', async (path) => {
    const { body } = await as(facilitator).get(`/api/v1/${path}`).expect(404);
    expect(body.code).toBe('unknown_game');
  });

  it('changes no game whose id is none, and knows no such token', async () => {
    const boss = as(facilitator);
    expect((await boss.post('/api/v1/games/%00/pause', {}).expect(404)).body.code).toBe('unknown_game');
    expect((await boss.post('/api/v1/tokens/%00/rotate', {}).expect(404)).body.code).toBe('unknown_token');
  });

  it('reads all salaries once for concurrent requests', async () => {
    const id = await runningGame();
    await score(id, (await games.game(id)).startsAt!);
    const readers = 20;
    let open!: () => void;
    const allAsk = new Promise<void>((resolve) => (open = resolve));
    const [query, game] = [database.query.bind(database), games.game.bind(games)];
    let asked = 0;
    let reads = 0;
    const spies = [
      jest.spyOn(games, 'game').mockImplementation(async (gameId) => {
        const found = await game(gameId);
        if (++asked === readers) setImmediate(open);
        return found;
      }),
      jest.spyOn(database, 'query').mockImplementation(async (sql: string, values?: unknown) => {
        if (sql.includes('WITH rules')) {
          reads++;
          await allAsk;
        }
        return query(sql, values as unknown[]);
      }),
    ];
    const answers = await Promise.all(
      Array.from({ length: readers }, () => http().get(`/api/v1/history?game=${id}`).expect(200)),
    );
    for (const spy of spies) spy.mockRestore();
    expect(answers[0]!.body.series).toHaveLength(1);
    for (const { body } of answers) expect(body).toEqual(answers[0]!.body);
    expect(reads).toBe(1);
    await http().get(`/api/v1/history?game=${id}`).expect(200);
  });

  it('takes adjustments with a reason', async () => {
    const id = await runningGame();
    const boss = as(facilitator);
    const { body } = await boss
      .post('/api/v1/adjustments', { teamId: 'fenrir', cents: -500, reason: 'left the door open' })
      .expect(201);
    expect(body).toMatchObject({ teamId: 'fenrir', cents: -500, reason: 'left the door open' });
    expect((await eventsOf(id)).at(-1)).toMatchObject({ type: 'dev.payday.adjustment.made', data: body });
    for (const bad of [
      { teamId: 'fenrir', cents: 5 },
      { teamId: 'fenrir', cents: 5, reason: ' ' },
      { teamId: 'fenrir', cents: 5, reason: 'a\nb' },
      { teamId: 'fenrir', cents: 0.5, reason: 'x' },
      { teamId: 'fenrir', cents: 0, reason: 'x' },
      { teamId: 'fenrir', cents: 5, reason: 'x', more: 1 },
    ]) {
      const refused = await boss.post('/api/v1/adjustments', bad).expect(400);
      expect(refused.body.code).toBe('bad_request');
    }
    await boss.post('/api/v1/adjustments', { teamId: 'nobody', cents: 5, reason: 'x' }).expect(404);
  });

  it('streams the ledger as NDJSON and CSV, by Accept or by format', async () => {
    const id = await runningGame();
    const startsAt = (await games.game(id)).startsAt!;
    await score(id, startsAt);
    const page = await http().get('/api/v1/ledger').expect(200).expect('vary', 'Accept, Authorization');
    const lines = await http()
      .get('/api/v1/ledger')
      .set('accept', 'text/csv;q=0.5, application/x-ndjson')
      .buffer()
      .parse(asText)
      .expect(200)
      .expect('content-type', 'application/x-ndjson; charset=utf-8');
    const parsed = (lines.body as string).trimEnd().split('\n');
    expect(parsed.map((line) => JSON.parse(line))).toEqual(page.body.entries);
    const csv = await http()
      .get('/api/v1/ledger?format=csv&fromWindow=2')
      .set('accept', 'application/json')
      .expect('content-type', 'text/csv; charset=utf-8');
    expect(csv.text).toBe(
      'gameId,teamId,windowIndex,windowStartAt,windowEndAt,serviceId,reason,counterpartyId,count,cents,p50Ms,p95Ms,p99Ms,note,samples\n' +
        `${id},fenrir,2,${startsAt + 10_000},${startsAt + 15_000},router,served,fenrir,7,30,9.02,20.1,30.08,,\n`,
    );
    const none = await http().get('/api/v1/ledger?format=ndjson&reason=downtime').buffer().parse(asText);
    expect([none.status, none.body]).toEqual([200, '']);
    for (const query of ['format=csv&limit=5', 'format=ndjson&cursor=x', 'format=xml']) {
      const refused = await http().get(`/api/v1/ledger?${query}`).expect(400);
      expect(refused.body.code).toBe('invalid_query');
    }
  });

  it('shows the ledger in pages, with percentiles and sums', async () => {
    const id = await runningGame();
    const startsAt = (await games.game(id)).startsAt!;
    await score(id, startsAt);
    const first = await http().get('/api/v1/ledger?team=fenrir&limit=2').expect(200);
    expect(first.body).toMatchObject({ gameId: id, salaryCents: 60, total: { entries: 3, cents: 60 } });
    expect(first.body.entries[0]).toEqual({
      gameId: id,
      teamId: 'fenrir',
      windowIndex: 0,
      windowStartAt: startsAt,
      windowEndAt: startsAt + 5000,
      serviceId: 'router',
      reason: 'served',
      counterpartyId: 'fenrir',
      count: 7,
      cents: 10,
      latencyMs: { p50: 9.02, p95: 20.1, p99: 30.08 },
      samples: [],
      note: '',
    });
    const rest = await http()
      .get('/api/v1/ledger')
      .query({ team: 'fenrir', limit: 2, cursor: first.body.nextCursor });
    expect(rest.body).toMatchObject({ nextCursor: null, entries: [{ windowIndex: 2, cents: 30 }] });
    const narrowed = await http().get('/api/v1/ledger?fromWindow=1&toWindow=1&reason=served&service=router');
    expect(narrowed.body).toMatchObject({ salaryCents: null, total: { entries: 1, cents: 20 } });
    const { body } = await http().get('/api/v1/history?team=fenrir&points=2').expect(200);
    expect(body).toEqual({
      gameId: id,
      series: [{ teamId: 'fenrir', at: [startsAt + 10_000, startsAt + 15_000], salaryCents: [30, 60] }],
    });
  });

  it.each([
    ['ledger?limit=0', 'limit', 'from 1 to 50000'],
    ['ledger?limit=50001', 'limit', 'from 1 to 50000'],
    ['ledger?limit=1e3', 'limit', 'whole number'],
    ['ledger?limit=1&limit=2', 'limit', 'whole number'],
    ['ledger?reason=luck', 'reason', 'served, failed, downtime, usage_fee, adjustment, unscored'],
    ['ledger?fromWindow=-1', 'fromWindow', 'from 0 to 2147483647'],
    ['ledger?fromWindow=2&toWindow=1', 'fromWindow', 'not be greater than toWindow'],
    ['ledger?cursor=zzz', 'cursor', 'leave it out'],
    ['ledger?team=A%20B', 'team', 'lower-case'],
    ['ledger?tema=fenrir', 'tema', 'not known'],
    ['history?points=0', 'points', 'from 1 to 2000'],
    ['history?from=9&to=8', 'from', 'not be greater than to'],
    ['history?team=a&team=B', 'team', 'lower-case'],
  ])('refuses %s, naming the parameter and what is allowed', async (path, name, allowed) => {
    const { body } = await http()
      .get(`/api/v1/${path}`)
      .expect(400)
      .expect('content-type', /problem\+json/);
    expect(body).toMatchObject({ code: 'invalid_query' });
    expect(body.detail).toContain(name);
    expect(body.detail).toContain(allowed);
    expect(body.errors[0].path).toContain(name);
  });

  it.each([
    ['ledger?team=nobody', 'unknown_team'],
    ['ledger?service=none', 'unknown_service'],
    ['ledger?game=none', 'unknown_game'],
    ['history?team=nobody', 'unknown_team'],
  ])('answers 404 to %s', async (path, code) => {
    expect((await http().get(`/api/v1/${path}`).expect(404)).body).toMatchObject({ code });
  });

  it('describes all of it in OpenAPI', () => {
    const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().addBearerAuth().build());
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/games',
        '/api/v1/games/{id}',
        '/api/v1/games/{id}/pause',
        '/api/v1/games/{id}/resume',
        '/api/v1/teams',
        '/api/v1/teams/{id}/endpoints/{serviceId}',
        '/api/v1/adjustments',
        '/api/v1/ledger',
        '/api/v1/history',
      ]),
    );
    const { parameters, responses } = paths['/api/v1/ledger']!.get!;
    expect(parameters).toContainEqual({
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 50_000, default: 10_000 },
    });
    expect(responses['400']).toMatchObject({ content: { 'application/problem+json': {} } });
    expect(paths['/api/v1/ledger']!.get!.security).toContainEqual({});
    expect(paths['/api/v1/adjustments']!.post!.security).toEqual([{ bearer: [] }]);
  });
});

function asText(response: request.Response, done: (error: Error | null, text: string) => void): void {
  let text = '';
  response.on('data', (chunk) => (text += String(chunk)));
  response.on('end', () => done(null, text));
}

/** A hundred requests: 60 of 9 ms, 37 of 20 ms, 3 of 30 ms. */
const LATENCIES = (() => {
  const histogram = new LatencyHistogram();
  for (const [latencyUs, requests] of [
    [9_024, 60],
    [20_096, 37],
    [30_080, 3],
  ] as const)
    for (let i = 0; i < requests; i++) histogram.add(latencyUs);
  return encodeHistogram(histogram);
})();

async function score(gameId: string, startsAt: number): Promise<void> {
  const scorer = new ScorerStore(database);
  const { fencingEpoch, commitSeq } = await scorer.claim(1);
  await scorer.commit({
    partition: 1,
    fencingEpoch,
    commitSeq: commitSeq + 1,
    positions: {},
    state: new Uint8Array(),
    deleted: [],
    windows: [],
    ledger: [10, 20, 30].map((cents, windowIndex) => ({
      gameId,
      teamId: 'fenrir',
      windowIndex,
      serviceId: 'router',
      reason: 'served',
      counterpartyId: 'fenrir',
      windowStartAt: startsAt + windowIndex * 5000,
      count: 7,
      cents,
      histogram: LATENCIES,
      samples: [],
      note: '',
    })),
    scores: [
      {
        gameId,
        teamId: 'fenrir',
        commitSeq: commitSeq + 1,
        asOf: startsAt,
        salaryCents: 60,
        payPerMinuteCents: 0,
        trend: { oneMinuteCents: 0, fiveMinutesCents: 0 },
        services: [],
      },
    ],
  });
  await scorer.close();
}

function TEAM(id: string) {
  return { id, name: 'A team', color: '#123456', ranked: true };
}

const SCENARIO: Scenario = {
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
