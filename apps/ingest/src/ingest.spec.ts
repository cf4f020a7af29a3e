import { Test } from '@nestjs/testing';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import request from 'supertest';
import { TOPICS, decodeProbeBatch, encodeProbeBatch, encodeProbeBatches, type ProbeBatch } from '#contracts';
import { openEventLog, type EventLog, type StoredRecord } from '#event-log';
import { RuntimeModule, configureHttpApp, createLogger, type Principal } from '#runtime';
import { AnswerCheck, EventBuilder, ManualTime, buildBatch, buildScenario } from '#testing';
import { GameDirectory } from './game-directory.js';
import { IngestModule } from './ingest.module.js';

const GAME = 'g';
const PROBER = 'secret-prober';
const TOKENS: Record<string, Principal> = {
  [PROBER]: { tokenId: '1', role: 'prober' },
  'secret-elsewhere': { tokenId: '3', role: 'prober', gameId: 'elsewhere' },
  'secret-here': { tokenId: '4', role: 'prober', gameId: GAME },
  'secret-team': { tokenId: '2', role: 'team', teamId: 'ants' },
};

let app: NestFastifyApplication;
let log: EventLog;
const clock = new ManualTime();
const events = new EventBuilder(GAME);
const logger = createLogger({ service: 'test', level: 'silent' });

beforeEach(async () => {
  log = await openEventLog('memory:');
  await log.createTopics([{ topic: TOPICS.probeResults, partitions: 2 }]);
  const parts = {
    clock,
    logger,
    metrics: new Registry(),
    eventLog: log,
    tokenVerifier: { verify: async (secret: string) => TOKENS[secret] ?? null },
  };
  const module = await Test.createTestingModule({
    imports: [RuntimeModule.register(parts), IngestModule],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(
    new FastifyAdapter({ bodyLimit: 4 * 1024 * 1024 }),
  );
  configureHttpApp(app);
  app.useGlobalInterceptors(new AnswerCheck());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const games = app.get(GameDirectory);
  games.handle(events.created(buildScenario()));
  games.handle(events.team('ants'));
});

afterEach(async () => {
  await app.close();
  await log.close();
});

function batchOf(overrides: Partial<ProbeBatch> = {}): ProbeBatch {
  const result = {
    teamId: 'ants',
    role: 'consumer' as const,
    serviceId: 'router',
    counterpartyId: 'ants',
    intendedAt: clock.nowMs(),
    latencyUs: 1000,
    outcome: 'ok' as const,
  };
  return { ...buildBatch(GAME, [result], { proberId: 'p', epoch: 1, seq: 0 }), ...overrides };
}

function send(batches: ProbeBatch[], token = PROBER): request.Test {
  return sendBytes(encodeProbeBatches(batches), token);
}

function sendBytes(bytes: Uint8Array, token = PROBER): request.Test {
  return request(app.getHttpServer())
    .post('/api/v1/probe-batches')
    .set('authorization', `Bearer ${token}`)
    .set('content-type', 'application/x-protobuf')
    .send(Buffer.from(bytes));
}

/** All records of the topic. */
async function stored(): Promise<StoredRecord[]> {
  const out: StoredRecord[] = [];
  const ends = await log.endPositions(TOPICS.probeResults);
  let expected = ends.filter((end) => end !== null).length;
  await new Promise<void>((resolve) => {
    if (expected === 0) return resolve();
    log.consume({
      topic: TOPICS.probeResults,
      startAt: () => 'earliest',
      onBatch: async ({ partition, records }) => {
        out.push(...records);
        if (records.at(-1)!.position === ends[partition] && --expected === 0) resolve();
      },
    });
  });
  return out;
}

async function expectRefused(test: request.Test, status: number, code: string): Promise<string> {
  const response = await test;
  expect([response.status, response.body.code]).toEqual([status, code]);
  expect(response.headers['content-type']).toContain('application/problem+json');
  expect(await stored()).toEqual([]);
  return response.body.detail as string;
}

describe('POST /api/v1/probe-batches', () => {
  it('appends each batch under the key of its team and answers when it is durable', async () => {
    await send([batchOf(), batchOf({ seq: 1 })]).expect(202, {
      acceptedBatches: 2,
      acceptedResults: 2,
      duplicateBatches: 0,
    });
    const records = await stored();
    expect(records.map((record) => record.key)).toEqual(['g/ants', 'g/ants']);
    expect(records.map((record) => decodeProbeBatch(record.value).seq)).toEqual([0, 1]);
  });

  it('accepts JSON with one result per array entry', async () => {
    await request(app.getHttpServer())
      .post('/api/v1/probe-batches')
      .set('authorization', `Bearer ${PROBER}`)
      .send({
        gameId: GAME,
        teamId: 'ants',
        serviceId: 'router',
        proberId: 'mine',
        epoch: 1,
        seq: 0,
        results: [{ intendedAt: clock.nowMs(), latencyMs: 12.5, outcome: 'ok' }],
      })
      .expect(202);
    expect(decodeProbeBatch((await stored())[0]!.value).latencyUs[0]).toBe(12_500);
  });

  it('reports a repeated batch as accepted earlier and appends nothing', async () => {
    await send([batchOf()]).expect(202);
    const again = await send([batchOf()]);
    expect([again.status, again.body.code]).toEqual([409, 'duplicate_batch']);
    await send([batchOf(), batchOf({ seq: 1 })]).expect(202, {
      acceptedBatches: 1,
      acceptedResults: 1,
      duplicateBatches: 1,
    });
    expect(await stored()).toHaveLength(2);
  });

  it('refuses a truncated batch', async () => {
    const bytes = encodeProbeBatches([batchOf()]);
    await expectRefused(sendBytes(bytes.slice(0, bytes.length - 3)), 400, 'truncated_batch');
  });

  it('refuses a body over the limit', async () => {
    await expectRefused(sendBytes(new Uint8Array(4 * 1024 * 1024 + 1)), 413, 'payload_too_large');
  });

  it('refuses a batch too large for the log as not retryable', async () => {
    // An unknown field is ignored but kept.
    const padding = new Uint8Array(1_000_000);
    const field = [0x82, 0x06, 0xc0, 0x84, 0x3d];
    const batch = Buffer.concat([encodeProbeBatch(batchOf()), Uint8Array.from(field), padding]);
    const length: number[] = [];
    for (let n = batch.length; n > 0; n >>>= 7) length.push((n & 0x7f) | (n >= 0x80 ? 0x80 : 0));
    const body = Buffer.concat([Uint8Array.from([0x0a, ...length]), batch]);
    await expectRefused(sendBytes(body), 422, 'invalid_batch');
  });

  it('refuses a missing token, a wrong one, and one with another role', async () => {
    const bare = request(app.getHttpServer()).post('/api/v1/probe-batches').send({});
    await expectRefused(bare, 401, 'unauthenticated');
    await expectRefused(send([batchOf()], 'guess'), 401, 'unauthenticated');
    await expectRefused(send([batchOf()], 'secret-team'), 403, 'forbidden');
  });

  it("refuses results of another game than the token's, also mixed with results of that game", async () => {
    const { body } = await send([batchOf()], 'secret-elsewhere').expect(403);
    expect(body.code).toBe('forbidden');
    app.get(GameDirectory).handle(new EventBuilder('elsewhere').created(buildScenario()));
    app.get(GameDirectory).handle(new EventBuilder('elsewhere').team('ants'));
    await expectRefused(
      send([batchOf(), batchOf({ gameId: 'elsewhere', seq: 1 })], 'secret-here'),
      403,
      'forbidden',
    );
    const json = request(app.getHttpServer())
      .post('/api/v1/probe-batches')
      .set('authorization', 'Bearer secret-elsewhere')
      .send({
        gameId: GAME,
        teamId: 'ants',
        serviceId: 'router',
        proberId: 'mine',
        epoch: 1,
        seq: 0,
        results: [],
      });
    await expectRefused(json, 403, 'forbidden');
    await send([batchOf()], 'secret-here').expect(202);
  });

  it('refuses an unknown game, team or service, and accepts nothing of the request', async () => {
    await expectRefused(send([batchOf(), batchOf({ gameId: 'other', seq: 1 })]), 404, 'unknown_game');
    await expectRefused(send([batchOf({ teamId: 'wasps' })]), 404, 'unknown_team');
    await expectRefused(send([batchOf({ counterpartyId: 'wasps' })]), 404, 'unknown_team');
    const detail = await expectRefused(send([batchOf({ serviceId: 'nope' })]), 404, 'unknown_service');
    expect(detail).toContain('router, catalog');
  });

  it('still knows a team after a change, and learns no team from a change', async () => {
    const games = app.get(GameDirectory);
    games.handle(events.teamChanged('ants'));
    games.handle(events.teamChanged('wasps'));
    await expectRefused(send([batchOf({ teamId: 'wasps' })]), 404, 'unknown_team');
    await send([batchOf()]).expect(202);
  });

  it('refuses results and watermarks from the future, results without a batch, and other media types', async () => {
    const ahead = batchOf({ baseIntendedAtMs: clock.nowMs() + 3_600_000 });
    await expectRefused(send([ahead]), 422, 'invalid_batch');
    const tooFar = batchOf({ watermarkMs: clock.nowMs() + 3_600_000 });
    expect(await expectRefused(send([tooFar]), 422, 'invalid_batch')).toContain('watermark');
    await expectRefused(send([]), 422, 'invalid_batch');
    const text = request(app.getHttpServer())
      .post('/api/v1/probe-batches')
      .set('authorization', `Bearer ${PROBER}`)
      .set('content-type', 'text/plain')
      .send('hello');
    await expectRefused(text, 415, 'unsupported_media_type');
  });

  it('refuses results of a sealed game', async () => {
    app.get(GameDirectory).handle(events.make('dev.payday.game.sealed', { sealedAt: clock.nowMs() }));
    await expectRefused(send([batchOf()]), 409, 'game_over');
  });
});
