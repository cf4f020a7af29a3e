import { io as socketIo } from 'socket.io-client';
import { followLeaderboard } from './leaderboard.js';
import type { LeaderboardSocket, LeaderboardStore, LeaderboardTime } from './store.js';

export interface ConnectOptions {
  /** Origin of the server, e.g. `http://127.0.0.1:3000`. */
  url: string;
  /** Longest pause between two attempts to connect, ms; default 2000. */
  maxRetryDelayMs?: number;
  time?: LeaderboardTime;
}

/**
 * Connects to the public leaderboard of a server and follows it until closed. Never throws when the server is unreachable:
 * it keeps trying, and `connection` shows it.
 */
export function connectLeaderboard({ url, maxRetryDelayMs = 2_000, time }: ConnectOptions): LeaderboardStore {
  const socket = socketIo(`${url.replace(/\/$/, '')}/leaderboard`, {
    autoConnect: false,
    forceNew: true,
    // Most networks allow WebSockets, which save a round trip; the rest fall back to polling.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 250,
    reconnectionDelayMax: maxRetryDelayMs,
    timeout: 5_000,
  });
  return followLeaderboard({ socket: socket as LeaderboardSocket, ...(time ? { time } : {}) });
}
