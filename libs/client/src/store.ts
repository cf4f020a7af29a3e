import type { LeaderboardClientEvents, LeaderboardServerEvents, StandingsView } from '#contracts';

/** State of the connection. `attempt` counts from 1 since the connection was lost; 0 while connected. */
export interface ConnectionView {
  state: 'connecting' | 'connected' | 'reconnecting' | 'closed';
  attempt: number;
  /** Monotonic ms (`LeaderboardTime.monotonicMs`) at which this state began; attempts don't move it. */
  since: number;
}

export type LeaderboardChange = 'snapshot' | 'delta' | 'connection';

/** A live copy of the public standings. */
export interface LeaderboardStore {
  /** Null until the first snapshot. Replaced, never changed in place. */
  readonly view: StandingsView | null;
  readonly connection: ConnectionView;
  /** Time since the last frame was received, in ms; null before the first. */
  ageMs(): number | null;
  /** The server's wall clock minus this machine's, in ms; 0 before the first frame. */
  readonly clockOffsetMs: number;
  /** The estimated clock of the server, epoch ms. */
  serverNowMs(): number;
  /** Calls back after each change. Returns a function that ends the subscription. */
  subscribe(listener: (change: LeaderboardChange) => void): () => void;
  /** Disconnects without reconnecting. */
  close(): void;
}

/** The part of a Socket.IO client socket that the store uses: `io('<origin>/leaderboard')` is one. */
export interface LeaderboardSocket {
  on(event: 'connect', listener: () => void): unknown;
  on(event: 'disconnect', listener: (reason: string) => void): unknown;
  on(event: 'connect_error', listener: (error: Error) => void): unknown;
  on(event: 'snapshot', listener: LeaderboardServerEvents['snapshot']): unknown;
  on(event: 'delta', listener: LeaderboardServerEvents['delta']): unknown;
  emit(event: 'resume', ...args: Parameters<LeaderboardClientEvents['resume']>): unknown;
  connect(): unknown;
  disconnect(): unknown;
  /** The shared connection below the socket, which counts attempts. */
  io: { on(event: 'reconnect_attempt', listener: (attempt: number) => void): unknown };
}

/** Time and timers, injected so that tests set them. */
export interface LeaderboardTime {
  /** Wall clock, epoch ms. */
  nowMs(): number;
  /** Monotonic, ms. */
  monotonicMs(): number;
  /** Calls back every `periodMs`; returns a function that stops it. */
  every(periodMs: number, callback: () => void): () => void;
}

/** The platform's clock and timers (browsers and Node alike). */
export const platformTime: LeaderboardTime = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  every: (periodMs, callback) => {
    const timer = setInterval(callback, periodMs);
    return () => clearInterval(timer);
  },
};
