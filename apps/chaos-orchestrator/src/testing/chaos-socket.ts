import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { io, type Socket } from 'socket.io-client';
import { TOPICS, encodeCloudEvent } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { TokenStore, openDatabase, type NewToken } from '#persistence';
import { EventLogTransport, RuntimeModule, configureHttpApp, systemClock } from '#runtime';
import { EventBuilder, buildScenario, startTestPostgres, type TestPostgres } from '#testing';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { DataSource } from '#persistence';
import { startTeam, type RunningTeam } from '../../../unicorn-rentals/src/sandbox/start-team.js';
import { ChaosModule } from '../chaos.module.js';
import { CHAOS_COMMANDS } from '../commands/command-bus.js';
import type { ChaosCommands } from '../commands/types.js';
import { Orchestrator } from '../orchestrator.js';

/** An acknowledgement, as received by a client. */
export interface Answer {
  ok: boolean;
  result?: Record<string, unknown>;
  error?: { code: string; message: string; retryable: boolean; details?: Record<string, unknown> };
}
export interface AsyncApiDocument {
  channels: { chaos: { messages: Record<string, { $ref: string }> } };
  operations: Record<string, { action: string }>;
  components: { messages: Record<string, { name: string; payload: { $ref: string } }>; schemas: object };
}

const AGENT_TOKEN = 'a-secret-of-this-test';
const WITHIN_MS = 10_000;

/** Starts the chaos module on real parts, with a facilitator's token, for the tests of one file. */
export function useChaosSocket() {
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
    dataSource = await openDatabase(postgres.databaseUrl, { migrate: true });
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
    await until(() => app.get<ChaosCommands>(CHAOS_COMMANDS).list({ gameId }).timelines.length === 1);
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

  async function facilitator(token = boss): Promise<Socket> {
    const socket = connect(token);
    expect(await outcome(socket)).toBe('connected');
    return socket;
  }

  const injection = (more: object = {}): Record<string, unknown> => ({
    ...{ commandId: `command-${nextId()}`, gameId: 'game', kind: 'slow', serviceId: 'catalog' },
    ...{ params: { delayMs: 200 }, teams: ['fenrir'], ttlMs: 20_000, label: 'A test', ...more },
  });

  async function published(): Promise<AsyncApiDocument> {
    return (await fetch(`${url}/api/asyncapi.json`)).json() as Promise<AsyncApiDocument>;
  }

  function nextId(): number {
    return ++ids;
  }

  return {
    asked,
    open,
    begin,
    secret,
    connect,
    facilitator,
    injection,
    nextId,
    published,
    get url() {
      return url;
    },
    get boss() {
      return boss;
    },
    get tokens() {
      return tokens;
    },
    get dataSource() {
      return dataSource;
    },
  };
}

/** Returns the code of a refused connection, or `connected`. */
export function outcome(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('connect', () => resolve('connected'));
    socket.once('connect_error', (error: Error & { data?: { code: string } }) =>
      resolve(error.data?.code ?? error.message),
    );
  });
}

export const say = (socket: Socket, event: string, ...payload: unknown[]): Promise<Answer> =>
  socket.timeout(WITHIN_MS).emitWithAck(event, ...payload) as Promise<Answer>;

export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`it did not happen within ${WITHIN_MS} ms`);
    await sleep(20);
  }
}
