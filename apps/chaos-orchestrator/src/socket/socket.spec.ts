import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Ajv } from 'ajv';
import { io, type Socket } from 'socket.io-client';
import { TOPICS, encodeCloudEvent } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { TokenStore, openDatabase, readAudit, type NewToken } from '#persistence';
import { EventLogTransport, RuntimeModule, configureHttpApp, systemClock } from '#runtime';
import { EventBuilder, buildScenario, startTestPostgres, type TestPostgres } from '#testing';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { startTeam, type RunningTeam } from '../../../unicorn-rentals/src/sandbox/start-team.js';
import { ChaosModule } from '../chaos.module.js';
import { CHAOS_MIGRATIONS } from '../migrations/index.js';
import { Orchestrator } from '../orchestrator.js';
import { SOCKET_COMMANDS } from './command-table.js';

/** An acknowledgement, as a client sees it. */
interface Answer {
  ok: boolean;
  result?: Record<string, unknown>;
  error?: { code: string; message: string; retryable: boolean; details?: Record<string, unknown> };
}
interface AsyncApiDocument {
  channels: { chaos: { messages: Record<string, { $ref: string }> } };
  operations: Record<string, { action: string }>;
  components: { messages: Record<string, { name: string; payload: { $ref: string } }>; schemas: object };
}

const AGENT_TOKEN = 'a-secret-of-this-test';
const WITHIN_MS = 10_000;

let postgres: TestPostgres;
let dataSource: DataSource;
let log: EventLog;
let team: RunningTeam;
let app: NestFastifyApplication;
let tokens: TokenStore;
let control: Server;
let url: string;
let boss: string;
let ids = 0;
const asked: { path: string; authorization: string; body: string }[] = [];
const open: Socket[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  dataSource = await openDatabase(postgres.databaseUrl, { migrate: true, migrations: CHAOS_MIGRATIONS });
  log = await openEventLog('memory:');
  await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
  const skills = { router: 1, catalog: 1, pricing: 1, booking: 1, engineer: 0 };
  team = await startTeam({ teamId: 'fenrir', seed: 's', skills, speed: 1, ports: {}, token: AGENT_TOKEN });
  tokens = new TokenStore(dataSource, systemClock);
  control = createServer(
    (request, response) =>
      void answerAsControl(request).then((text) => {
        response.statusCode = request.url!.includes('/end') ? 409 : 200;
        response.end(text);
      }),
  );
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve));
  const controlUrl = `http://127.0.0.1:${(control.address() as AddressInfo).port}`;

  const logger = pino({ level: 'silent' });
  const targetOf = (_gameId: string, teamId: string) => ({
    teamId,
    sandbox: { agentUrl: team.agentUrl, token: AGENT_TOKEN },
  });
  const parts = { clock: systemClock, logger, metrics: new Registry(), eventLog: log, dataSource };
  const module = await Test.createTestingModule({
    imports: [
      RuntimeModule.register({ ...parts, tokenVerifier: tokens }),
      ChaosModule.register({
        targets: { targetOf },
        socket: { controlUrl, allowedOrigins: ['https://console.example'] },
      }),
    ],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  configureHttpApp(app);
  const { gameEvents, deadLetters } = TOPICS;
  const strategy = new EventLogTransport({ log, topic: gameEvents, deadLetterTopic: deadLetters, logger });
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  await app.get(Orchestrator).start();
  boss = await secret({ role: 'facilitator', label: 'boss' });
  await begin('game');
}, 60_000);

afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});
afterAll(async () => {
  await app?.close();
  control?.close();
  await team?.close();
  await log?.close();
  await dataSource?.destroy();
  await postgres?.stop();
}, 30_000);

async function answerAsControl(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  asked.push({ path: request.url!, authorization: request.headers.authorization!, body });
  return request.url!.includes('/end')
    ? JSON.stringify({ code: 'wrong_state', detail: 'The game has ended.' })
    : JSON.stringify({ id: 'game', state: 'paused', effectiveAt: 5_000 });
}

async function begin(gameId: string): Promise<void> {
  const events = new EventBuilder(gameId);
  const scenario = buildScenario({
    durationMs: 3_600_000,
    chaos: { maxTeams: 1, maxDurationMs: 60_000, cooldownMs: 0, maxActive: 100 },
  });
  const startsAt = Math.floor(Date.now() / 1000) * 1000 - 5_000;
  const game = [
    events.created(scenario),
    events.team('fenrir'),
    events.team('golem'),
    events.make('dev.payday.game.scheduled', { startsAt, endsAt: startsAt + scenario.durationMs }),
  ];
  await log.append(TOPICS.gameEvents, game.map(encodeCloudEvent));
  await until(() => app.get(Orchestrator).commands.list({ gameId }).timelines.length === 1);
}

async function secret(token: Partial<NewToken> & Pick<NewToken, 'role'>): Promise<string> {
  return (await tokens.create({ label: 'test', ...token })).secret;
}

function connect(token: string | undefined, origin?: string): Socket {
  const socket = io(`${url}/chaos`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: token === undefined ? {} : { token },
    ...(origin === undefined ? {} : { extraHeaders: { origin } }),
  });
  open.push(socket);
  return socket;
}

/** The code with which a connection is refused, or `connected`. */
function outcome(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('connect', () => resolve('connected'));
    socket.once('connect_error', (error: Error & { data?: { code: string } }) =>
      resolve(error.data?.code ?? error.message),
    );
  });
}

async function facilitator(token = boss): Promise<Socket> {
  const socket = connect(token);
  expect(await outcome(socket)).toBe('connected');
  return socket;
}

const say = (socket: Socket, event: string, ...payload: unknown[]): Promise<Answer> =>
  socket.timeout(WITHIN_MS).emitWithAck(event, ...payload) as Promise<Answer>;

const injection = (more: object = {}): Record<string, unknown> => ({
  ...{ commandId: `command-${++ids}`, gameId: 'game', kind: 'slow', serviceId: 'catalog' },
  ...{ params: { delayMs: 200 }, teams: ['fenrir'], ttlMs: 20_000, label: 'A test', ...more },
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`it did not happen within ${WITHIN_MS} ms`);
    await sleep(20);
  }
}

async function published(): Promise<AsyncApiDocument> {
  return (await fetch(`${url}/api/asyncapi.json`)).json() as Promise<AsyncApiDocument>;
}

describe('who may connect', () => {
  it('lets facilitators in, and nobody else', async () => {
    const expired = await secret({ role: 'facilitator', expiresAt: Date.now() - 1 });
    const revoked = await tokens.create({ role: 'facilitator', label: 'gone' });
    await tokens.revoke(revoked.tokenId);
    const outcomes = await Promise.all([
      outcome(connect(boss)),
      outcome(connect(undefined)),
      outcome(connect('pd_nonsense')),
      outcome(connect('x'.repeat(10_000))),
      outcome(connect(await secret({ role: 'team', gameId: 'game', teamId: 'fenrir' }))),
      outcome(connect(await secret({ role: 'read-only' }))),
      outcome(connect(expired)),
      outcome(connect(revoked.secret)),
    ]);
    const refused = ['unauthenticated', 'unauthenticated', 'unauthenticated', 'forbidden', 'forbidden'];
    expect(outcomes).toEqual(['connected', ...refused, 'unauthenticated', 'unauthenticated']);
  });

  it('takes the token from the header, too', async () => {
    const headers = { authorization: `Bearer ${boss}` };
    const socket = io(`${url}/chaos`, { transports: ['websocket'], forceNew: true, extraHeaders: headers });
    open.push(socket);
    expect(await outcome(socket)).toBe('connected');
  });

  it.each([
    ['its own pages', () => url, 'connected'],
    ['an origin that was allowed', () => 'https://console.example', 'connected'],
    ['a foreign page', () => 'https://evil.example', 'forbidden'],
    ['a file', () => 'null', 'forbidden'],
  ])('with an origin: %s', async (_, origin, expected) => {
    expect(await outcome(connect(boss, origin()))).toBe(expected);
  });

  it('cuts a connection whose token was revoked, at its next command', async () => {
    const { tokenId, secret: short } = await tokens.create({ role: 'facilitator', label: 'short' });
    const socket = await facilitator(short);
    expect(await say(socket, 'fault:list', {})).toMatchObject({ ok: true });
    await tokens.revoke(tokenId);
    const cut = new Promise((resolve) => socket.once('disconnect', resolve));
    expect(await say(socket, 'fault:list', {})).toMatchObject({
      ok: false,
      error: { code: 'unauthenticated' },
    });
    expect(await cut).toBe('io server disconnect');
  });

  it('keeps a token to its own game: commands, lists and news', async () => {
    await begin('other');
    const socket = await facilitator(await secret({ role: 'facilitator', gameId: 'other' }));
    const received: unknown[] = [];
    socket.onAny((event, payload) => received.push([event, payload]));
    for (const event of ['fault:inject', 'fault:preview'] as const) {
      const { commandId, ...rest } = injection();
      const payload = event === 'fault:inject' ? { commandId, ...rest } : rest;
      expect((await say(socket, event, payload)).error?.code).toBe('forbidden');
    }
    expect((await say(socket, 'fault:stop-all', { commandId: 'x', gameId: 'game' })).error?.code).toBe(
      'forbidden',
    );
    const mine = await facilitator();
    const { result } = await say(mine, 'fault:inject', injection({ ttlMs: 1_000 }));
    expect(result).toMatchObject({ faults: [{ teamId: 'fenrir' }] });
    expect((await say(socket, 'fault:list', {})).result).toMatchObject({
      faults: [],
      timelines: [{ gameId: 'other' }],
    });
    await say(mine, 'fault:stop', { commandId: `stop-${++ids}`, teamId: 'fenrir' });
    expect(received).toEqual([]);
  });
});

describe('commands', () => {
  it('previews, injects once, tells, lists and stops; every answer is as it is published', async () => {
    const socket = await facilitator();
    const received: { event: string; payload: Record<string, unknown> }[] = [];
    socket.onAny((event: string, payload: Record<string, unknown>) => received.push({ event, payload }));
    const { commandId, ...request } = injection();
    const preview = await say(socket, 'fault:preview', request);
    expect(preview.result).toMatchObject({ blastRadius: { teams: 1, ofTeams: 2 }, confirmation: null });
    const { previewId } = preview.result!;
    const inject = await say(socket, 'fault:inject', { commandId, ...request, previewId });
    const [again, list] = await Promise.all([
      say(socket, 'fault:inject', { commandId, ...request, previewId }),
      say(socket, 'fault:list', { unfinished: true }),
    ]);
    expect(again).toEqual(inject);
    expect(list.result!['faults']).toHaveLength(1);
    const state = (name: string): boolean =>
      received.some(
        ({ event, payload }) =>
          event === 'fault:changed' && (payload['fault'] as { state: string }).state === name,
      );
    await until(() => state('active'));
    const stop = await say(socket, 'fault:stop', {
      commandId: `s-${commandId}`,
      injectionId: `hand.${commandId}`,
    });
    expect(stop.result).toMatchObject({ verified: [{ state: 'reverted' }], unverified: [] });
    await until(() => received.filter(({ event }) => event === 'audit').length >= 2);
    const audited = received.filter(({ event }) => event === 'audit').map(({ payload }) => payload['action']);
    expect(audited).toEqual(expect.arrayContaining(['fault.injected']));

    const document = await published();
    const ajv = new Ajv({ strict: false });
    ajv.addSchema({ $id: 'payday', components: document.components });
    const conforms = (key: string, value: unknown): void => {
      const { $ref } = document.components.messages[key]!.payload;
      const validate = ajv.compile({ $ref: `payday${$ref}` });
      if (!validate(value))
        throw new Error(`${key}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
    };
    conforms('chaos.fault.preview.answer', preview);
    conforms('chaos.fault.inject.answer', inject);
    conforms('chaos.fault.list.answer', list);
    conforms('chaos.fault.stop.answer', stop);
    conforms('chaos.fault.inject', { commandId, ...request });
    for (const { event, payload } of received) conforms(`chaos.push.${event.replace(':', '.')}`, payload);
    expect(() => conforms('chaos.fault.inject.answer', { ok: true })).toThrow('must');
  });

  it.each<[string, string, unknown[], string]>([
    ['an unknown command', 'fault:explode', [{}], 'not_found'],
    ['a method of objects', 'constructor', [{}], 'not_found'],
    ['no payload', 'fault:inject', [], 'bad_request'],
    ['null', 'fault:list', [null], 'bad_request'],
    ['a text', 'fault:stop-all', ['please'], 'bad_request'],
    ['two payloads', 'fault:list', [{}, {}], 'bad_request'],
    ['an unknown key', 'fault:list', [{ teem: 'x' }], 'bad_request'],
    ['no time to live', 'fault:inject', [injection({ ttlMs: undefined })], 'bad_request'],
    ['a bad id', 'fault:inject', [injection({ commandId: 'a b' })], 'bad_request'],
    ['nothing to stop', 'fault:stop', [{ commandId: 'z' }], 'bad_request'],
    ['an unknown fault', 'fault:stop', [{ commandId: 'z', faultId: 'no/body' }], 'unknown_fault'],
    [
      'an unknown kind',
      'fault:preview',
      [{ ...injection({ kind: 'meteor' }), commandId: undefined }],
      'unknown_fault_kind',
    ],
    ['half a character', 'fault:inject', [injection({ label: 'half a unicorn \ud83e' })], 'bad_request'],
    ['half a reason', 'fault:stop-all', [{ commandId: 'half', reason: '\ud83e' }], 'bad_request'],
    ['text that turns text around', 'fault:inject', [injection({ label: 'a\u202eb' })], 'bad_request'],
    ['a missing confirmation', 'fault:inject', [injection({ teams: 'all' })], 'confirmation_required'],
    ['a reason where there is none', 'game:end', [{ commandId: 'z', reason: 'x' }], 'bad_request'],
  ])('answers %s with a typed error', async (_, event, payload, code) => {
    const socket = await facilitator();
    const answer = await say(socket, event, ...payload);
    expect(answer).toMatchObject({ ok: false, error: { code, message: expect.any(String) } });
    socket.emit(event, ...payload);
    expect(await say(socket, 'fault:list', {})).toMatchObject({ ok: true });
  });

  it('hands the life cycle to control, with the facilitator’s own token, once per id', async () => {
    const socket = await facilitator();
    const pause = { commandId: 'pause-1', gameId: 'game', reason: 'lunch' };
    const [first, again] = await Promise.all([
      say(socket, 'game:pause', pause),
      say(socket, 'game:pause', pause),
    ]);
    expect(first).toEqual({ ok: true, result: { id: 'game', state: 'paused', effectiveAt: 5_000 } });
    expect(again).toEqual(first);
    expect(asked).toEqual([
      { path: '/api/v1/games/game/pause', authorization: `Bearer ${boss}`, body: '{"reason":"lunch"}' },
    ]);
    expect((await say(socket, 'game:resume', { commandId: 'pause-1', gameId: 'game' })).error?.code).toBe(
      'command_conflict',
    );
    expect(await say(socket, 'game:end', { commandId: 'end-1', gameId: 'game' })).toMatchObject({
      ok: false,
      error: { code: 'wrong_state', message: 'The game has ended.' },
    });
  });
});

describe('under stress', () => {
  it('two facilitators at once: one total order, both audited', async () => {
    const token = await secret({ role: 'facilitator', label: 'second' });
    const [one, two] = await Promise.all([facilitator(), facilitator(token)]);
    const commands = Array.from({ length: 16 }, (_, i) => {
      const socket = i % 2 === 0 ? one : two;
      return say(socket, i % 4 < 2 ? 'scenario:pause' : 'scenario:resume', {
        commandId: `both-${i}`,
        gameId: 'game',
      });
    });
    const answers = await Promise.all(commands);
    const seqs = answers.map(({ result }) => result!['seq'] as number);
    expect(new Set(seqs).size).toBe(16);
    const entries = (await readAudit(dataSource, { limit: 200 }))
      .filter(({ details }) => String(details['commandId']).startsWith('both-'))
      .reverse();
    expect(entries.map(({ details }) => details['seq'])).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(entries.map(({ actor }) => actor.label))).toEqual(new Set(['boss', 'second']));
  });

  it('10,000 commands at once are refused and their sender is cut, while another stops everything', async () => {
    const [wild, calm] = await Promise.all([facilitator(), facilitator()]);
    await say(calm, 'fault:inject', injection({ serviceId: 'pricing' }));
    const cut = new Promise((resolve) => wild.once('disconnect', resolve));
    const codes = new Map<string, number>();
    for (let i = 0; i < 10_000; i++)
      wild.emit('fault:list', {}, ({ error }: Answer) => {
        const code = error?.code ?? 'ok';
        codes.set(code, (codes.get(code) ?? 0) + 1);
      });
    const panic = await say(calm, 'fault:stop-all', { commandId: `panic-${++ids}`, gameId: 'game' });
    expect(panic).toMatchObject({ ok: true, result: { unverified: [], heldTimelines: ['game'] } });
    await cut;
    expect(codes.get('ok') ?? 0).toBeLessThan(200);
    expect(codes.get('too_many_requests')).toBeGreaterThan(1_000);
    expect(await say(calm, 'fault:list', {})).toMatchObject({ ok: true });
  });

  it('the panic button works from a connection that has used up its allowance', async () => {
    const socket = await facilitator();
    await Promise.all(Array.from({ length: 100 }, () => say(socket, 'fault:list', {})));
    expect((await say(socket, 'fault:stop-all', { commandId: `panic-${++ids}` })).ok).toBe(true);
  });
});

describe('the AsyncAPI document', () => {
  it('has every command with its answer, and every reference leads somewhere', async () => {
    const document = await published();
    for (const event of Object.keys(SOCKET_COMMANDS)) {
      const key = `chaos.${event.replace(':', '.')}`;
      expect(document.operations[key]).toMatchObject({
        action: 'receive',
        reply: expect.any(Object) as object,
      });
      expect(document.components.messages[key]!.name).toBe(event);
      expect(document.components.messages[`${key}.answer`]).toBeDefined();
    }
    const follow = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const { $ref } = value as { $ref?: string };
      if ($ref !== undefined) {
        let at: unknown = document;
        for (const step of $ref.slice(2).split('/')) at = (at as Record<string, unknown>)[step];
        if (at === undefined) throw new Error(`${$ref} leads nowhere`);
      }
      Object.values(value).forEach(follow);
    };
    follow(document);
  });

  it('is valid AsyncAPI 3.0', async () => {
    const { default: specs } = (await import('@asyncapi/specs')) as unknown as {
      default: { schemasWithoutId: Record<string, object> };
    };
    const { default: addFormats } = (await import('ajv-formats')) as unknown as {
      default: { default?: (ajv: Ajv) => void } & ((ajv: Ajv) => void);
    };
    const ajv = new Ajv({ strict: false, allErrors: true });
    (addFormats.default ?? addFormats)(ajv);
    const validate = ajv.compile(specs.schemasWithoutId['3.0.0']!);
    validate(await published());
    expect(validate.errors ?? []).toEqual([]);
  });
});
