import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { io, type Socket } from 'socket.io-client';
import request from 'supertest';
import { WebSocket } from 'undici';
import { applyDelta } from '#client';
import {
  TOPICS,
  encodeCloudEvent,
  type GameEvent,
  type Problem,
  type StandingsDelta,
  type StandingsView,
  type TeamScore,
} from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { EventLogTransport, RuntimeModule, configureHttpApp, systemClock } from '#runtime';
import { BroadcasterModule, ScoreFeed } from './index.js';
import { START, SampleGame, scoreUpdate } from './testing/sample-game.js';
import { SCORE_SNAPSHOT } from './tokens.js';

jest.setTimeout(30_000);

const logger = pino({ level: 'silent' });
/** Runs like the platform's, but the sample game has been on for a minute. */
const shiftMs = START + 60_000 - systemClock.nowMs();
let leapUs = 0;
const clock = {
  nowMs: () => systemClock.nowMs() + shiftMs,
  monotonicUs: () => systemClock.monotonicUs() + leapUs,
};

let log: EventLog;
let broadcasters: Broadcaster[];
let sockets: Socket[];

interface Broadcaster {
  app: NestFastifyApplication;
  registry: Registry;
  url: string;
}

beforeEach(async () => {
  broadcasters = [];
  sockets = [];
  log = await openEventLog('memory:', { clock });
  await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 2 })));
});

afterEach(async () => {
  for (const socket of sockets) socket.disconnect();
  for (const { app } of broadcasters) await app.close();
  await log.close();
});

async function startBroadcaster(load: (gameId: string) => Promise<TeamScore[]> = async () => []) {
  const registry = new Registry();
  const module = await Test.createTestingModule({
    imports: [RuntimeModule.register({ clock, logger, metrics: registry, eventLog: log }), BroadcasterModule],
  })
    .overrideProvider(SCORE_SNAPSHOT)
    .useValue({ load })
    .compile();
  const app = module.createNestApplication<NestFastifyApplication>(
    new FastifyAdapter({ forceCloseConnections: true }),
    { logger: false },
  );
  configureHttpApp(app, logger);
  app.connectMicroservice({
    strategy: new EventLogTransport({
      log,
      topic: TOPICS.gameEvents,
      deadLetterTopic: TOPICS.deadLetters,
      logger,
      onCaughtUp: () => app.get(ScoreFeed).gameEventsCaughtUp(),
    }),
  });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const broadcaster = { app, registry, url: `http://127.0.0.1:${port}` };
  broadcasters.push(broadcaster);
  return broadcaster;
}

const happen = async (...events: GameEvent[]) =>
  log.append(
    TOPICS.gameEvents,
    events.map((event) => encodeCloudEvent(event)),
  );

const publish = async (...scores: TeamScore[]) =>
  log.append(
    TOPICS.scoreUpdates,
    scores.map((score) => encodeCloudEvent(scoreUpdate(score, clock.nowMs()))),
  );

/** A viewer that records what it gets, and follows it as pages do. */
function connect(url: string, options: { transports?: string[] } = {}) {
  const socket = io(`${url}/leaderboard`, {
    forceNew: true,
    reconnection: false,
    transports: ['websocket'],
    ...options,
  });
  sockets.push(socket);
  const viewer = {
    socket,
    view: null as StandingsView | null,
    snapshots: 0,
    deltas: [] as StandingsDelta[],
    problems: [] as Problem[],
    gaps: 0,
  };
  socket.on('snapshot', (view: StandingsView) => {
    viewer.snapshots += 1;
    viewer.view = view;
  });
  socket.on('delta', (delta: StandingsDelta) => {
    viewer.deltas.push(delta);
    const next = viewer.view && applyDelta(viewer.view, delta);
    if (next === 'gap') viewer.gaps += 1;
    else viewer.view = next;
  });
  socket.on('problem', (problem: Problem) => viewer.problems.push(problem));
  return viewer;
}

/** The TCP connection of a viewer on a WebSocket: paused, it reads nothing. */
function connectionOf(socket: Socket): { pause(): void; resume(): void } {
  const { transport } = socket.io.engine as unknown as {
    transport: { ws: { _socket: { pause(): void; resume(): void } } };
  };
  return transport.ws._socket;
}

async function until(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const isReady = async (url: string) => (await request(url).get('/readyz')).status === 200;
const salaryOf = (view: StandingsView | null, teamId: string) =>
  view?.standings.find((row) => row.team.id === teamId)?.salaryCents;

describe('REST', () => {
  test('503 before there is a game, the view once there is one, and never cached', async () => {
    const { url } = await startBroadcaster();
    await until(() => isReady(url));
    const early = await request(url).get('/api/v1/standings').expect(503);
    expect(early.type).toBe('application/problem+json');
    expect(early.body).toMatchObject({ code: 'unavailable', status: 503 });

    const game = new SampleGame();
    await happen(...game.opening('a', 'b'));
    await publish(game.score('b', 1, 120));
    let answer = early;
    await until(async () => {
      answer = await request(url).get('/api/v1/standings');
      return answer.status === 200 && salaryOf(answer.body as StandingsView, 'b') === 120;
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toMatchObject({
      game: { id: 'g1', state: 'running', frozen: false, phase: { label: 'Quiet morning' } },
      services: [
        { id: 'router', letter: 'R' },
        { id: 'catalog', letter: 'C' },
      ],
      standings: [
        { rank: 1, team: { id: 'b' } },
        { rank: 2, team: { id: 'a' } },
      ],
    });
  });
});

describe('starting while a game goes on', () => {
  test('shows nothing until events and committed scores are read, then the later commit of each team', async () => {
    const game = new SampleGame();
    await happen(...game.opening('a', 'b', 'c'));
    await publish(game.score('a', 1, 10));
    let give: (scores: TeamScore[]) => void = () => {};
    const asked: string[] = [];
    const { url } = await startBroadcaster((gameId) => {
      asked.push(gameId);
      return new Promise((resolve) => (give = resolve));
    });
    await until(() => asked.length === 1);
    expect(asked).toEqual(['g1']);
    await publish(game.score('b', 9, 90), game.score('c', 2, 20));
    const viewer = connect(url);
    await until(() => viewer.socket.connected);
    expect((await request(url).get('/readyz')).body.checks.broadcaster).toMatch(/still being read/);
    await request(url).get('/api/v1/standings').expect(503);
    expect(viewer.snapshots).toBe(0);
    give([game.score('a', 5, 50), game.score('b', 5, 50), game.score('c', 5, 50)]);
    await until(() => viewer.view !== null);
    expect(['a', 'b', 'c'].map((id) => salaryOf(viewer.view, id))).toEqual([50, 90, 50]);
    await until(() => isReady(url));
  });

  test('asks again when the scores cannot be read', async () => {
    const game = new SampleGame();
    await happen(...game.opening('a'));
    let attempts = 0;
    const { url } = await startBroadcaster(async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('the database is restarting');
      return [game.score('a', 5, 50)];
    });
    const viewer = connect(url);
    await until(() => viewer.view !== null);
    expect(salaryOf(viewer.view, 'a')).toBe(50);
    expect(attempts).toBe(2);
  });

  test('a record that is no score goes to the dead letters and holds nothing up', async () => {
    const game = new SampleGame();
    await happen(...game.opening('a'));
    const { url } = await startBroadcaster();
    const viewer = connect(url);
    await until(() => viewer.view !== null);
    const broken = { ...game.score('a', 1, 5), salaryCents: 'lots' } as unknown as TeamScore;
    await log.append(TOPICS.scoreUpdates, [{ key: 'g1/a', value: new TextEncoder().encode('?') }]);
    await publish(broken, game.score('a', 2, 77));
    await until(() => salaryOf(viewer.view, 'a') === 77);
    const ends = await log.endPositions(TOPICS.deadLetters);
    expect(ends.some((position) => position !== null)).toBe(true);
  });
});

describe('namespace /leaderboard', () => {
  const game = () => new SampleGame();

  test.each([['websocket'], ['polling']])('a snapshot on connect, then deltas (%s)', async (transport) => {
    const g = game();
    await happen(...g.opening('a', 'b'));
    const { url, registry } = await startBroadcaster();
    const viewer = connect(url, { transports: [transport] });
    await until(() => viewer.view !== null);
    for (let seq = 1; seq <= 5; seq++) {
      await publish(g.score('a', seq, seq * 100));
      await until(() => salaryOf(viewer.view, 'a') === seq * 100);
    }
    expect(viewer).toMatchObject({ snapshots: 1, gaps: 0 });
    const metrics = await registry.metrics();
    expect(metrics).toMatch(/payday_broadcaster_viewers\{transport="socket"\} 1/);
    expect(metrics).toMatch(/payday_broadcaster_update_to_frame_seconds_count [1-9]/);
    expect(metrics).toMatch(/payday_broadcaster_bytes_total\{transport="socket"\} [1-9]/);
  });

  test('resume: the missing deltas of this epoch in one, a snapshot for any other', async () => {
    const g = game();
    await happen(...g.opening('a'));
    const { url } = await startBroadcaster();
    const viewer = connect(url);
    await until(() => viewer.view !== null);
    const { epoch, seq } = viewer.view!;
    for (let n = 1; n <= 3; n++) {
      await publish(g.score('a', n, n));
      await until(() => salaryOf(viewer.view, 'a') === n);
    }
    viewer.socket.emit('resume', { epoch, seq });
    await until(() => viewer.deltas.some((delta) => delta.fromSeq === seq && delta.seq >= seq + 3));
    expect(viewer.snapshots).toBe(1);
    viewer.socket.emit('resume', { epoch: 'of-yesterday', seq });
    await until(() => viewer.snapshots === 2);
    expect(salaryOf(viewer.view, 'a')).toBe(3);
  });

  test('garbage is answered by a problem or ignored, and harms nobody', async () => {
    const g = game();
    await happen(...g.opening('a'));
    const { url } = await startBroadcaster();
    const [rude, polite] = [connect(url), connect(url)];
    await until(() => rude.view !== null && polite.view !== null);
    rude.socket.emit('resume');
    rude.socket.emit('resume', null);
    rude.socket.emit('resume', 'x', { y: 1 });
    rude.socket.emit('resume', { epoch: {}, seq: [] });
    rude.socket.emit('resume', Buffer.from([1, 2, 3]));
    rude.socket.emit('resume', { epoch: 'e', seq: 1 }, () => {});
    rude.socket.emit('snapshot', { epoch: 'mine' });
    rude.socket.emit('error', 'boom');
    rude.socket.emit('__proto__', { polluted: true });
    await until(() => rude.problems.length === 5);
    expect(rude.problems[0]).toMatchObject({ code: 'bad_request', status: 400 });
    const raw = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const closed = new Promise((resolve) => raw.addEventListener('close', resolve));
    await new Promise((resolve) => raw.addEventListener('open', resolve));
    for (const text of ['40/leaderboard,', '42/leaderboard,["resume"', '4999999', '\u0000', '42["a"]'])
      raw.send(text);
    await closed;
    await publish(g.score('a', 1, 5));
    await until(() => salaryOf(polite.view, 'a') === 5 && salaryOf(rude.view, 'a') === 5);
  });

  test('who asks too often is not answered, and at last disconnected', async () => {
    const g = game();
    await happen(...g.opening('a'));
    const { url, registry } = await startBroadcaster();
    const [flooding, polite] = [connect(url), connect(url)];
    await until(() => flooding.view !== null && polite.view !== null);
    for (let n = 0; n < 100; n++) flooding.socket.emit('resume', { epoch: 'other', seq: n });
    await until(() => flooding.snapshots >= 2);
    await publish(g.score('a', 1, 5));
    await until(() => salaryOf(flooding.view, 'a') === 5);
    expect(flooding.snapshots).toBeLessThanOrEqual(12);
    for (let n = 0; n < 200; n++) flooding.socket.emit('resume', { epoch: 'other', seq: n });
    await until(() => flooding.socket.disconnected);
    expect(polite.socket.connected).toBe(true);
    expect(await registry.metrics()).toMatch(/dropped_viewers_total\{transport="socket"\} 1/);
  });

  test('a slow reader misses frames and later gets a snapshot; everybody else gets every frame', async () => {
    const g = game();
    const teamIds = Array.from({ length: 600 }, (_, n) => `team-${n}`);
    await happen(...g.opening(...teamIds));
    const { url, registry } = await startBroadcaster();
    const [slow, fast] = [connect(url), connect(url)];
    await until(() => slow.view !== null && fast.view !== null);
    const connection = connectionOf(slow.socket);
    connection.pause();
    const skipped = async () => /skipped_total\{transport="socket"\} [1-9]/.test(await registry.metrics());
    const overwhelm = async () => {
      for (let nth = 0; !(await skipped()); nth++) {
        if (nth > 300) throw new Error('the slow reader was never skipped');
        seq += 1;
        await publish(...teamIds.map((id, n) => g.score(id, seq, seq * 1000 + ((n * seq) % 600))));
        const before = fast.deltas.length;
        await until(() => fast.deltas.length > before);
      }
    };
    let seq = 0;
    await overwhelm();
    expect(fast).toMatchObject({ snapshots: 1, gaps: 0 });
    connection.resume();
    await until(() => slow.snapshots === 2);
    await publish(g.score('team-7', 1000, 9_999_999));
    await until(() => [slow, fast].every(({ view }) => salaryOf(view, 'team-7') === 9_999_999));
    expect(slow.view!.standings).toEqual(fast.view!.standings);
    expect(slow.socket.connected).toBe(true);

    connection.pause();
    registry.resetMetrics();
    await overwhelm();
    leapUs += 31_000_000;
    const dropped = async () =>
      /dropped_viewers_total\{transport="socket"\} 1/.test(await registry.metrics());
    await until(dropped);
    connection.resume();
    await until(() => slow.socket.disconnected);
    expect(fast).toMatchObject({ snapshots: 1, gaps: 0, socket: { connected: true } });
  });

  test('another broadcaster on the same log shows the same, in an epoch of its own', async () => {
    const g = game();
    await happen(...g.opening('a', 'b'), g.fault('x', 'a', 'active', START + 10_000));
    const committed = [g.score('a', 3, -5), g.score('b', 4, 9)];
    const [one, other] = [
      await startBroadcaster(async () => committed),
      await startBroadcaster(async () => committed),
    ];
    const views = [connect(one.url), connect(other.url)];
    await until(() => views.every(({ view }) => view !== null));
    const [a, b] = views.map(({ view }) => view!);
    expect(a!.epoch).not.toBe(b!.epoch);
    const { standings, faults, ticker, game: shown } = a!;
    expect(b).toMatchObject({ standings, faults, ticker, game: shown });
  });
});

describe('GET /api/v1/stream', () => {
  interface StreamEvent {
    event: string;
    id: string;
    data: StandingsView & StandingsDelta;
  }

  async function follow(url: string, headers: Record<string, string> = {}) {
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      get(`${url}/api/v1/stream`, { headers }, resolve).on('error', reject),
    );
    const events: StreamEvent[] = [];
    let text = '';
    response.on('error', () => {});
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const match = /^event: (.*)\nid: (.*)\ndata: (.*)$/.exec(block);
        if (match) events.push({ event: match[1]!, id: match[2]!, data: JSON.parse(match[3]!) });
      }
    });
    return { response, events, close: () => response.destroy() };
  }

  test('a snapshot, then deltas; after a break it goes on behind the last id', async () => {
    const game = new SampleGame();
    await happen(...game.opening('a'));
    const { url, registry } = await startBroadcaster();
    await until(() => isReady(url));
    const first = await follow(url);
    expect(first.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    await until(() => first.events.length > 0);
    const { event, id, data } = first.events[0]!;
    expect({ event, id }).toEqual({ event: 'snapshot', id: `${data.epoch}:${data.seq}` });
    await publish(game.score('a', 1, 5));
    await until(() => first.events.some((each) => each.data.rows?.[0]?.salaryCents === 5));
    const last = first.events.at(-1)!;
    first.close();
    await until(async () => /viewers\{transport="sse"\} 0/.test(await registry.metrics()));

    await publish(game.score('a', 2, 6));
    await until(async () => salaryOf((await request(url).get('/api/v1/standings')).body, 'a') === 6);
    const again = await follow(url, { 'last-event-id': last.id });
    await until(() => again.events.length > 0);
    expect(again.events[0]).toMatchObject({
      event: 'delta',
      data: { fromSeq: last.data.seq, rows: [{ salaryCents: 6 }] },
    });
    again.close();

    const lost = await follow(url, { 'last-event-id': 'garbage' });
    await until(() => lost.events.length > 0);
    expect(lost.events[0]!.event).toBe('snapshot');
    lost.close();
  });

  test('waits for the first game, and ends with the server', async () => {
    const { app, url } = await startBroadcaster();
    await until(() => isReady(url));
    const stream = await follow(url);
    await happen(...new SampleGame().opening('a'));
    await until(() => stream.events[0]?.event === 'snapshot');
    const ended = new Promise((resolve) => stream.response.once('close', resolve));
    broadcasters = [];
    await app.close();
    await ended;
  });
});
