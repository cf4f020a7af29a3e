/** What launcher and guardian say to each other over their IPC channel. */
export type ToGuardian = { type: 'start'; plan: GuardianPlan } | { type: 'stop' };

export type FromGuardian =
  /** PostgreSQL runs (or was found running) with this pid; it may still be recovering. */
  | { type: 'running'; pid: number; adopted: boolean }
  /** It ended without being asked; the guardian starts it again after `retryInMs`. */
  | { type: 'died'; code: number | null; signal: string | null; retryInMs: number };

export interface GuardianPlan {
  postgres: string;
  args: string[];
  clusterDir: string;
  logFile: string;
  env: Record<string, string>;
  uid?: number;
  gid?: number;
}

/** A clean stop lasts at most this long before PostgreSQL is told to drop everything, and then is killed. */
export const FAST_STOP_MS = 3_000;
export const IMMEDIATE_STOP_MS = 2_000;
