import type { StandingsDelta, StandingsView } from '#contracts';
import { applyDelta } from './apply-delta.js';
import { ServerClock } from './server-clock.js';
import {
  platformTime,
  type ConnectionView,
  type LeaderboardChange,
  type LeaderboardSocket,
  type LeaderboardStore,
  type LeaderboardTime,
} from './store.js';

/** A `resume` that got no answer in this time is sent again. */
export const RESUME_TIMEOUT_MS = 2_000;
/** A connection that is silent for this long while a game runs is considered dead and reopened. */
export const SILENCE_LIMIT_MS = 10_000;
const WATCH_PERIOD_MS = 1_000;

export interface LeaderboardOptions {
  /** A socket of the namespace `/leaderboard` that has not connected yet (`autoConnect: false`). */
  socket: LeaderboardSocket;
  time?: LeaderboardTime;
}

/**
 * Keeps a copy of the public standings on a given socket: takes snapshots, applies deltas, requests missing frames,
 * and reopens a connection that has gone silent. The socket itself reconnects after a loss.
 */
export function followLeaderboard({ socket, time = platformTime }: LeaderboardOptions): LeaderboardStore {
  const listeners = new Set<(change: LeaderboardChange) => void>();
  const clock = new ServerClock();
  let view: StandingsView | null = null;
  let connection: ConnectionView = { state: 'connecting', attempt: 0, since: time.monotonicMs() };
  let receivedAt: number | null = null;
  /** Monotonic ms of the last resume request; null when nothing is missing. */
  let resumeAskedAt: number | null = null;
  /** Silence is measured from here, so that a reopened connection has the full limit. */
  let watchedFrom = time.monotonicMs();
  /** The first snapshot of a connection is the server's truth, whatever came before. */
  let freshConnection = true;

  const tell = (change: LeaderboardChange): void => {
    for (const listener of listeners) listener(change);
  };
  const setConnection = (state: ConnectionView['state'], attempt: number): void => {
    const since = state === connection.state ? connection.since : time.monotonicMs();
    connection = { state, attempt, since };
    tell('connection');
  };
  const received = (serverAt: number): void => {
    receivedAt = watchedFrom = time.monotonicMs();
    clock.observe(serverAt, time.nowMs());
  };
  const askToResume = (): void => {
    if (view === null) return;
    resumeAskedAt = time.monotonicMs();
    socket.emit('resume', { epoch: view.epoch, seq: view.seq });
  };
  const reopen = (): void => {
    watchedFrom = time.monotonicMs();
    socket.disconnect();
    setConnection('reconnecting', connection.attempt + 1);
    socket.connect();
  };

  socket.on('connect', () => {
    freshConnection = true;
    resumeAskedAt = null;
    watchedFrom = time.monotonicMs();
    clock.reset();
    setConnection('connected', 0);
  });
  socket.on('disconnect', (reason) => {
    if (connection.state === 'closed' || reason === 'io client disconnect') return;
    setConnection('reconnecting', 1);
    // Socket.IO reconnects by itself after every loss but this one.
    if (reason === 'io server disconnect') socket.connect();
  });
  socket.on('connect_error', () => {
    if (connection.state !== 'closed') setConnection('reconnecting', Math.max(1, connection.attempt));
  });
  socket.io.on('reconnect_attempt', (attempt) => {
    if (connection.state !== 'closed') setConnection('reconnecting', attempt);
  });
  socket.on('snapshot', (next) => {
    received(next.serverAt);
    const stale = !freshConnection && view?.epoch === next.epoch && next.seq < view.seq;
    if (stale) return;
    freshConnection = false;
    resumeAskedAt = null;
    view = next;
    tell('snapshot');
  });
  socket.on('delta', (delta: StandingsDelta) => {
    received(delta.serverAt);
    // Before the connection's snapshot a delta has nothing to extend.
    if (view === null || freshConnection) return;
    const next = applyDelta(view, delta);
    if (next === 'gap') {
      if (resumeAskedAt === null) askToResume();
      return;
    }
    if (next === view) return;
    resumeAskedAt = null;
    view = next;
    tell('delta');
  });

  const stopWatching = time.every(WATCH_PERIOD_MS, () => {
    if (connection.state !== 'connected') return;
    const now = time.monotonicMs();
    if (resumeAskedAt !== null && now - resumeAskedAt >= RESUME_TIMEOUT_MS) askToResume();
    const expectsFrames = view === null || view.game.state === 'running';
    if (expectsFrames && now - watchedFrom >= SILENCE_LIMIT_MS) reopen();
  });
  socket.connect();

  return {
    get view() {
      return view;
    },
    get connection() {
      return connection;
    },
    get clockOffsetMs() {
      return clock.offsetMs;
    },
    ageMs: () => (receivedAt === null ? null : time.monotonicMs() - receivedAt),
    serverNowMs: () => time.nowMs() + clock.offsetMs,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      stopWatching();
      setConnection('closed', 0);
      socket.disconnect();
      listeners.clear();
    },
  };
}
