import type { StandingsDelta, StandingsView } from '#contracts';
import { RESUME_TIMEOUT_MS, SILENCE_LIMIT_MS, followLeaderboard } from './leaderboard.js';
import type { LeaderboardSocket, LeaderboardTime } from './store.js';

/** A socket whose other end is the test. */
class TestSocket {
  private readonly handlers = new Map<string, (...args: never[]) => void>();
  readonly emitted: unknown[] = [];
  connects = 0;
  disconnects = 0;
  io = { on: (event: string, handler: (...args: never[]) => void) => this.handlers.set(event, handler) };
  on(event: string, handler: (...args: never[]) => void): void {
    this.handlers.set(event, handler);
  }
  emit(event: string, ...args: unknown[]): void {
    this.emitted.push([event, ...args]);
  }
  connect(): void {
    this.connects += 1;
  }
  disconnect(): void {
    this.disconnects += 1;
  }
  receive(event: string, ...args: unknown[]): void {
    this.handlers.get(event)?.(...(args as never[]));
  }
}

function setUp() {
  let nowMs = 50_000;
  let watch: () => void = () => undefined;
  let stopped = false;
  const time: LeaderboardTime = {
    nowMs: () => nowMs + 1_000_000,
    monotonicMs: () => nowMs,
    every: (_periodMs, callback) => {
      watch = callback;
      return () => (stopped = true);
    },
  };
  const socket = new TestSocket();
  const store = followLeaderboard({ socket: socket as unknown as LeaderboardSocket, time });
  const advance = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      nowMs += Math.min(1_000, ms - passed);
      if (!stopped) watch();
    }
  };
  return { socket, store, advance };
}

const view = (seq: number, epoch = 'e1', state = 'running'): StandingsView =>
  ({
    epoch,
    seq,
    serverAt: 1_052_000,
    asOf: seq,
    game: { state },
    standings: [],
    ticker: [],
    faults: [],
  }) as never;
const delta = (fromSeq: number, seq: number, epoch = 'e1'): StandingsDelta => ({
  epoch,
  fromSeq,
  seq,
  serverAt: 1_052_000,
  asOf: seq,
  rows: [],
});

test('takes the snapshot, applies deltas, and notifies subscribers', () => {
  const { socket, store } = setUp();
  const changes: string[] = [];
  const unsubscribe = store.subscribe((change) => changes.push(change));
  expect(store).toMatchObject({ view: null, connection: { state: 'connecting' } });
  expect(store.ageMs()).toBeNull();
  socket.receive('connect');
  socket.receive('snapshot', view(5));
  socket.receive('delta', delta(5, 6));
  socket.receive('delta', delta(5, 6));
  expect(store.view?.seq).toBe(6);
  expect(changes).toEqual(['connection', 'snapshot', 'delta']);
  unsubscribe();
  socket.receive('delta', delta(6, 7));
  expect(changes).toHaveLength(3);
});

test('a gap is requested once, again after a timeout, and no more once it is closed', () => {
  const { socket, store, advance } = setUp();
  socket.receive('connect');
  socket.receive('snapshot', view(5));
  socket.receive('delta', delta(7, 8));
  socket.receive('delta', delta(8, 9));
  expect(socket.emitted).toEqual([['resume', { epoch: 'e1', seq: 5 }]]);
  expect(store.view?.seq).toBe(5);
  advance(RESUME_TIMEOUT_MS);
  expect(socket.emitted).toHaveLength(2);
  socket.receive('delta', delta(5, 9));
  expect(store.view?.seq).toBe(9);
  advance(RESUME_TIMEOUT_MS);
  expect(socket.emitted).toHaveLength(2);
});

test('another epoch is a gap, and its snapshot replaces everything, even with a lower seq', () => {
  const { socket, store } = setUp();
  socket.receive('connect');
  socket.receive('snapshot', view(500));
  socket.receive('delta', delta(3, 4, 'e2'));
  expect(socket.emitted).toEqual([['resume', { epoch: 'e1', seq: 500 }]]);
  socket.receive('snapshot', view(4, 'e2'));
  expect(store.view).toMatchObject({ epoch: 'e2', seq: 4 });
});

test('an older snapshot of the same epoch is ignored within a connection, and taken after a new one', () => {
  const { socket, store } = setUp();
  socket.receive('connect');
  socket.receive('snapshot', view(5));
  socket.receive('snapshot', view(3));
  expect(store.view?.seq).toBe(5);
  socket.receive('disconnect', 'transport close');
  socket.receive('connect');
  socket.receive('delta', delta(5, 6));
  expect(store.view?.seq).toBe(5);
  socket.receive('snapshot', view(3));
  expect(store.view?.seq).toBe(3);
});

test('age counts from the last frame, even a redundant one; the clock offset is that of the least delayed frame', () => {
  const { socket, store, advance } = setUp();
  socket.receive('connect');
  socket.receive('snapshot', view(5));
  expect(store.clockOffsetMs).toBe(2_000);
  advance(1_500);
  expect(store.ageMs()).toBe(1_500);
  socket.receive('delta', delta(4, 5));
  expect(store.ageMs()).toBe(0);
  expect(store.clockOffsetMs).toBe(2_000);
  expect(store.serverNowMs()).toBe(1_053_500);
});

test('a loss shows as reconnecting with the number of the attempt, and since when', () => {
  const { socket, store, advance } = setUp();
  socket.receive('connect');
  advance(1_000);
  socket.receive('disconnect', 'transport close');
  const since = store.connection.since;
  advance(4_000);
  socket.receive('reconnect_attempt', 4);
  socket.receive('connect_error', new Error('refused'));
  expect(store.connection).toEqual({ state: 'reconnecting', attempt: 4, since });
  socket.receive('connect');
  expect(store.connection).toMatchObject({ state: 'connected', attempt: 0 });
});

test('reconnects to a server that closes the socket on purpose', () => {
  const { socket } = setUp();
  socket.receive('connect');
  socket.receive('disconnect', 'io server disconnect');
  expect(socket.connects).toBe(2);
});

test('a connection that is silent while a game runs is reopened; one that is silent in a pause is left alone', () => {
  const { socket, store, advance } = setUp();
  socket.receive('connect');
  socket.receive('snapshot', view(5));
  advance(SILENCE_LIMIT_MS);
  expect(socket).toMatchObject({ connects: 2, disconnects: 1 });
  expect(store.connection.state).toBe('reconnecting');
  socket.receive('connect');
  socket.receive('snapshot', view(6, 'e1', 'paused'));
  advance(10 * SILENCE_LIMIT_MS);
  expect(socket.connects).toBe(2);
});

test('after close nothing happens', () => {
  const { socket, store } = setUp();
  socket.receive('connect');
  store.close();
  socket.receive('disconnect', 'io client disconnect');
  expect(store.connection.state).toBe('closed');
  expect(socket.disconnects).toBe(1);
});
