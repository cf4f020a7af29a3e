import { setTimeout as sleep } from 'node:timers/promises';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { TOPICS, decodeCloudEvent, encodeCloudEvent, type GameEvent } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { type DataSource, openDatabase, OutboxRelay } from '#persistence';
import { EventLogTransport, RuntimeModule, configureHttpApp, systemClock } from '#runtime';
import { EventBuilder, buildScenario, startTestPostgres, type TestPostgres } from '#testing';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import request from 'supertest';
import { startTeam, type RunningTeam } from '../../../unicorn-rentals/src/sandbox/start-team.js';
import { ChaosModule } from '../chaos.module.js';
import { Orchestrator } from '../orchestrator.js';

const TOKEN = 'a-secret-of-this-test';
const TTL_MS = 1_500;
const WITHIN_MS = 10_000;

describe('the chaos module on real parts', () => {
  const logger = pino({ level: 'silent' });
  let postgres: TestPostgres;
  let dataSource: DataSource;
  let log: EventLog;
  let relay: OutboxRelay;
  let team: RunningTeam;
  let app: NestFastifyApplication;
  const told: GameEvent[] = [];

  beforeAll(async () => {
    postgres = await startTestPostgres();
    dataSource = await openDatabase(postgres.databaseUrl, {
      migrate: true,
    });
    log = await openEventLog('memory:');
    await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
    log.consume({
      topic: TOPICS.gameEvents,
      startAt: () => 'earliest',
      onBatch: async ({ records }) => void told.push(...records.map((r) => decodeCloudEvent(r) as GameEvent)),
    });
    relay = new OutboxRelay(dataSource, { append: (topic, records) => log.append(topic, records) });
    relay.start();
    team = await startTeam({
      teamId: 'fenrir',
      seed: 'chaos',
      skills: { router: 1, catalog: 1, pricing: 1, booking: 1, engineer: 0 },
      speed: 1,
      ports: {},
      token: TOKEN,
    });

    const targets = {
      targetOf: (_gameId: string, teamId: string) =>
        teamId === 'fenrir' ? { teamId, sandbox: { agentUrl: team.agentUrl, token: TOKEN } } : null,
    };
    const module = await Test.createTestingModule({
      imports: [
        RuntimeModule.register({
          clock: systemClock,
          logger,
          metrics: new Registry(),
          eventLog: log,
          dataSource,
        }),
        ChaosModule.register({ targets }),
      ],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    configureHttpApp(app);
    app.connectMicroservice(
      {
        strategy: new EventLogTransport({
          log,
          topic: TOPICS.gameEvents,
          deadLetterTopic: TOPICS.deadLetters,
          logger,
        }),
      },
      { inheritAppConfig: true },
    );
    await app.startAllMicroservices();
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    await app.get(Orchestrator).start();
  }, 60_000);

  afterAll(async () => {
    await app?.close();
    await team?.close();
    await relay?.stop();
    await log?.close();
    await dataSource?.destroy();
    await postgres?.stop();
  }, 30_000);

  it('runs a timeline: the service goes down, the change is published, and it comes up again', async () => {
    const events = new EventBuilder('game');
    const startsAt = Date.now() + 200;
    const scenario = buildScenario({
      timeline: [
        { type: 'announcement', atMs: 0, id: 'hello', text: 'Good morning' },
        {
          type: 'fault',
          atMs: 100,
          id: 'outage',
          kind: 'crash',
          serviceId: 'catalog',
          params: {},
          ttlMs: TTL_MS,
          teams: 'all',
          label: 'Somebody pulled the plug',
        },
      ],
    });
    const game = [
      events.created(scenario),
      events.team('fenrir'),
      events.team('a-real-team'),
      events.make('dev.payday.endpoint.changed', {
        ...{ teamId: 'fenrir', serviceId: 'catalog', url: team.endpoints.catalog },
      }),
      events.make('dev.payday.game.scheduled', { startsAt, endsAt: startsAt + scenario.durationMs }),
    ];
    await log.append(TOPICS.gameEvents, game.map(encodeCloudEvent));
    const catalogUrl = `${team.endpoints.catalog}/unicorns`;
    expect((await fetch(catalogUrl)).ok).toBe(true);

    await until(() => states().includes('active'));
    await expect(fetch(catalogUrl)).rejects.toThrow();
    const { body } = await request(app.getHttpServer()).get('/api/v1/faults').expect(200);
    expect(body).toEqual({
      faults: [
        {
          id: 'outage/fenrir',
          injectionId: 'outage',
          kind: 'crash',
          teamId: 'fenrir',
          serviceId: 'catalog',
          label: 'Somebody pulled the plug',
          state: 'active',
          startedAt: expect.any(Number),
          expiresAt: body.faults[0].startedAt + TTL_MS,
          expectedCostCents: expect.any(Number),
        },
      ],
    });

    await until(() => states().includes('reverted'));
    expect((await fetch(catalogUrl)).ok).toBe(true);
    expect(states()).toEqual(['firing', 'active', 'reverting', 'reverted']);
    expect(told).toContainEqual(
      expect.objectContaining({
        type: 'dev.payday.announcement.made',
        source: '/chaos-orchestrator',
        subject: 'game',
        sequence: 1,
        data: { announcementId: 'hello', text: 'Good morning' },
      }),
    );
    const { body: report } = await request(app.getHttpServer()).get('/api/v1/faults/report').expect(200);
    expect(report).toMatchObject({
      gameId: 'game',
      teams: [
        {
          ...{ teamId: 'fenrir', inPlay: true, count: 1, dealtMs: TTL_MS },
          ...{ dealtCents: body.faults[0].expectedCostCents, byKind: { crash: { count: 1 } } },
        },
        { teamId: 'a-real-team', inPlay: false, count: 0, dealtCents: 0, byKind: {} },
      ],
      // The real team has no endpoint, so it is not compared.
      spread: { count: 0, dealtCents: 0 },
      typicalCents: body.faults[0].expectedCostCents,
    });
    await request(app.getHttpServer()).get('/api/v1/faults/report?game=none').expect(404);
    const metrics = (await request(app.getHttpServer()).get('/metrics').expect(200)).text;
    expect(metrics).toContain('payday_timeline_entries_total{type="fault",outcome="fired"} 1');
  });

  it('describes its REST interface in OpenAPI', () => {
    const { paths, components } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    for (const path of ['/api/v1/faults', '/api/v1/faults/report'])
      expect(paths[path]?.get?.responses).toHaveProperty('200');
    expect(Object.keys(components!.schemas!)).toEqual(
      expect.arrayContaining(['FaultList', 'FaultView', 'ChaosReportView', 'ChaosAmountView']),
    );
  });

  function states(): string[] {
    return told.flatMap((event) =>
      event.type === 'dev.payday.fault.changed' ? [event.data.fault.state] : [],
    );
  }
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`it did not happen within ${WITHIN_MS} ms`);
    await sleep(20);
  }
}
