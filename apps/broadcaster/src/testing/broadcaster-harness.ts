import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { io, type Socket } from 'socket.io-client';
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
import type { Clock } from '#kernel';
import type { FrozenScore } from '#persistence';
import { EventLogTransport, RuntimeModule, createHttpApp, systemClock } from '#runtime';
import { BroadcasterModule, ScoreFeed } from '../index.js';
import { START, scoreUpdate } from './sample-game.js';

export interface TestBroadcaster {
  app: NestFastifyApplication;
  registry: Registry;
  url: string;
}

/** Real broadcasters on one in-memory event log, on loopback. The sample game has been on for a minute. */
export class BroadcasterHarness {
  private readonly shiftMs = START + 60_000 - systemClock.nowMs();
  private leapUs = 0;
  /** The settled standings of a freeze, once there are any. */
  frozen: FrozenScore[] | null = null;
  private readonly broadcasters: TestBroadcaster[] = [];
  private readonly sockets: Socket[] = [];
  private readonly clock: Clock = {
    nowMs: () => systemClock.nowMs() + this.shiftMs,
    monotonicUs: () => systemClock.monotonicUs() + this.leapUs,
  };
  private constructor(readonly log: EventLog) {}

  static async open(): Promise<BroadcasterHarness> {
    const log = await openEventLog('memory:');
    await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 2 })));
    return new BroadcasterHarness(log);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.disconnect();
    for (const { app } of this.broadcasters) await app.close();
    await this.log.close();
  }

  /** @param load answers the query for a game's committed scores */
  async start(load: (gameId: string) => Promise<TeamScore[]> = async () => []): Promise<TestBroadcaster> {
    const { log, clock } = this;
    const logger = pino({ level: 'silent' });
    const registry = new Registry();
    const dataSource = {
      query: async (sql: string, [gameId]: [string]) => {
        if (sql.includes('FROM frozen_standings'))
          return this.frozen === null ? [] : [{ scores: this.frozen }];
        if (sql.includes('behind')) return [{ behind: 1 }];
        return (await load(gameId)).map((score) => ({ score }));
      },
    };
    const runtime = RuntimeModule.register({ clock, logger, metrics: registry, eventLog: log, dataSource });
    class TestModule {}
    const app = await createHttpApp({ module: TestModule, imports: [runtime, BroadcasterModule] }, logger);
    const strategy = new EventLogTransport({
      log,
      topic: TOPICS.gameEvents,
      deadLetterTopic: TOPICS.deadLetters,
      logger,
      onCaughtUp: () => app.get(ScoreFeed).gameEventsCaughtUp(),
    });
    app.connectMicroservice({ strategy });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const broadcaster = { app, registry, url: `http://127.0.0.1:${port}` };
    this.broadcasters.push(broadcaster);
    return broadcaster;
  }

  async publishEvents(...events: GameEvent[]): Promise<void> {
    await this.log.append(TOPICS.gameEvents, events.map(encodeCloudEvent));
  }

  async publish(...scores: TeamScore[]): Promise<void> {
    const at = this.clock.nowMs();
    await this.log.append(
      TOPICS.scoreUpdates,
      scores.map((score) => encodeCloudEvent(scoreUpdate(score, at))),
    );
  }

  /** The server's clock, epoch ms. */
  nowMs(): number {
    return this.clock.nowMs();
  }

  /** Lets the monotonic clock leap ahead. */
  leap(ms: number): void {
    this.leapUs += ms * 1000;
  }

  connect(url: string, transport: 'websocket' | 'polling' = 'websocket'): TestViewer {
    const options = { forceNew: true, reconnection: false, transports: [transport] };
    const socket = io(`${url}/leaderboard`, options);
    this.sockets.push(socket);
    return new TestViewer(socket);
  }
}

/** Records what it gets, and follows the standings as pages do. */
export class TestViewer {
  view: StandingsView | null = null;
  snapshots = 0;
  readonly deltas: StandingsDelta[] = [];
  readonly problems: Problem[] = [];
  gaps = 0;

  constructor(readonly socket: Socket) {
    socket.on('snapshot', (view: StandingsView) => {
      this.snapshots += 1;
      this.view = view;
    });
    socket.on('delta', (delta: StandingsDelta) => {
      this.deltas.push(delta);
      const next = this.view && applyDelta(this.view, delta);
      if (next === 'gap') this.gaps += 1;
      else this.view = next;
    });
    socket.on('problem', (problem: Problem) => this.problems.push(problem));
  }

  /** The TCP connection of a viewer on a WebSocket: paused, it reads nothing. */
  get connection(): { pause(): void; resume(): void } {
    const { transport } = this.socket.io.engine as unknown as {
      transport: { ws: { _socket: { pause(): void; resume(): void } } };
    };
    return transport.ws._socket;
  }
}

export function salaryOf(view: StandingsView | null, teamId: string): number | undefined {
  return view?.standings.find((row) => row.team.id === teamId)?.salaryCents;
}

/** Real sockets tell no one when they are done: look again until it is so, within a bound. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
