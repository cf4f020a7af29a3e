import { Inject, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  type OnGatewayConnection,
} from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import {
  problem,
  type LeaderboardClientEvents,
  type LeaderboardServerEvents,
  type Problem,
  type ResumePoint,
} from '#contracts';
import { TokenBucket, messageOf, type Clock, type Timers } from '#kernel';
import { AsyncApi, CLOCK } from '#runtime';
import { BroadcasterMetrics } from '../broadcaster-metrics.js';
import { FrameHub } from '../frames/frame-hub.js';
import type { Frame } from '../frames/frame-maker.js';
import { TIMERS } from '../tokens.js';
import { LagGate, type Backlog } from './lag-gate.js';
import { leaderboardAsyncApi } from './leaderboard.async-api.js';
import { parseResumePoint } from './resume-point.js';

interface ServerEvents extends LeaderboardServerEvents {
  /** A message of the client was refused. */
  problem: (problem: Problem) => void;
}

interface ViewerState {
  gate: LagGate;
  messages: TokenBucket;
  ignored: number;
}

type Viewer = Socket<LeaderboardClientEvents, ServerEvents>;
type Viewers = Namespace<LeaderboardClientEvents, ServerEvents>;

/** Viewers that get every frame through one broadcast, which is encoded once. */
const LIVE = 'live';
/** Viewers that are about to get a snapshot. They are batched, so that after a restart it is encoded once, not per viewer. */
const ARRIVING = 'arriving';
const ARRIVAL_MS = 5;
/** Messages per connection, including joins of the namespace: this many in a burst, one per second on average. Others are ignored. */
const MESSAGE_BURST = 10;
/** A viewer is disconnected after this many ignored messages. */
const MAX_IGNORED = 200;

/** Socket.IO namespace `/leaderboard`: public, read-only, open to pages of any origin. */
@WebSocketGateway({
  namespace: '/leaderboard',
  path: '/socket.io',
  perMessageDeflate: false,
  cors: { origin: '*' },
})
export class LeaderboardGateway implements OnModuleInit, OnModuleDestroy, OnGatewayConnection<Viewer> {
  @WebSocketServer() private readonly viewers: Viewers | undefined;
  private unsubscribe: () => void = () => {};
  private arrivalsDue = false;
  /** Keyed by connection, so a viewer that leaves and rejoins the namespace keeps its state. */
  private readonly states = new WeakMap<Viewer['conn'], ViewerState>();

  constructor(
    @Inject(FrameHub) private readonly hub: FrameHub,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TIMERS) private readonly timers: Timers,
    @Inject(BroadcasterMetrics) private readonly metrics: BroadcasterMetrics,
    @Inject(AsyncApi) private readonly asyncApi: AsyncApi,
  ) {}

  onModuleInit(): void {
    this.asyncApi.add(leaderboardAsyncApi());
    this.unsubscribe = this.hub.subscribe((frame) => this.broadcast(frame));
    this.metrics.countViewers('socket', () => this.viewers?.sockets.size ?? 0);
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  handleConnection(viewer: Viewer): void {
    // Without a listener, an `error` would end the process. A `disconnect` event follows where it matters.
    viewer.on('error', () => {});
    if (this.stateOf(viewer).messages.takeToken(this.monotonicMs())) this.welcome(viewer);
    else this.drop(viewer);
  }

  @SubscribeMessage('resume')
  onResume(@ConnectedSocket() viewer: Viewer, @MessageBody() payload: unknown): void {
    const state = this.stateOf(viewer);
    if (!state.messages.takeToken(this.monotonicMs())) {
      state.ignored += 1;
      if (state.ignored === MAX_IGNORED) this.drop(viewer);
      return;
    }
    let from: ResumePoint;
    try {
      from = parseResumePoint(payload);
    } catch (error) {
      viewer.emit('problem', problem('bad_request', messageOf(error)));
      return;
    }
    // A viewer that is behind gets a snapshot once its backlog is empty; sending more now would only delay it.
    if (viewer.rooms.has(LIVE)) this.answer(viewer, from);
  }

  private answer(viewer: Viewer, from: ResumePoint): void {
    const answer = this.hub.maker.resume(from);
    if (answer?.kind === 'delta') viewer.emit('delta', answer.payload);
    else this.welcome(viewer);
  }

  private broadcast(frame: Frame): void {
    const { viewers } = this;
    if (viewers === undefined) return;
    const nowMs = this.monotonicMs();
    let live = 0;
    for (const viewer of viewers.sockets.values()) {
      const decision = this.stateOf(viewer).gate.decide(backlogOf(viewer), nowMs);
      if (decision === 'deliver') {
        live += 1;
      } else if (decision === 'resync') {
        this.welcome(viewer);
      } else if (decision === 'skip') {
        void viewer.leave(LIVE);
        this.metrics.viewerSkipped('socket');
      } else {
        this.drop(viewer);
      }
    }
    const room = viewers.to(LIVE);
    if (frame.kind === 'delta') room.emit('delta', frame.payload);
    else room.emit('snapshot', frame.payload);
    this.metrics.sent('socket', live * frame.json.length);
  }

  /** Sends a viewer a snapshot and every later frame. */
  private welcome(viewer: Viewer): void {
    void viewer.leave(LIVE);
    void viewer.join(ARRIVING);
    if (this.arrivalsDue) return;
    this.arrivalsDue = true;
    this.timers.after(ARRIVAL_MS, () => {
      this.arrivalsDue = false;
      const { viewers } = this;
      if (viewers === undefined) return;
      // Without a frame there is nothing to send yet; the first one is a snapshot for all viewers.
      const view = this.hub.maker.snapshot();
      if (view) viewers.to(ARRIVING).emit('snapshot', view);
      viewers.in(ARRIVING).socketsJoin(LIVE);
      viewers.socketsLeave(ARRIVING);
    });
  }

  private drop(viewer: Viewer): void {
    this.metrics.viewerDropped('socket');
    viewer.conn.close(true);
    // A regular close would queue behind all unread data and keep it in memory.
    (viewer.conn.transport as unknown as EngineTransport).socket?.terminate?.();
  }

  private stateOf(viewer: Viewer): ViewerState {
    let state = this.states.get(viewer.conn);
    if (state === undefined) {
      state = { gate: new LagGate(), messages: new TokenBucket(MESSAGE_BURST, 1), ignored: 0 };
      this.states.set(viewer.conn, state);
    }
    return state;
  }

  private monotonicMs(): number {
    return this.clock.monotonicMs();
  }
}

/** Members that the engine's public types omit. Long polling has no `socket`. */
interface EngineTransport {
  socket?: { bufferedAmount?: number; terminate?(): void };
}

/** The backlog of the engine, and of the WebSocket beneath it. */
function backlogOf(viewer: Viewer): Backlog {
  const conn = viewer.conn as unknown as { writeBuffer?: unknown[]; transport?: EngineTransport };
  return { packets: conn.writeBuffer?.length ?? 0, bytes: conn.transport?.socket?.bufferedAmount ?? 0 };
}
