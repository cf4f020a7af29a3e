/** The messages between launcher and guardian on their IPC channel. */
export type ToGuardian = { type: 'start'; plan: GuardianPlan } | { type: 'stop' };

export type FromGuardian =
  /** PostgreSQL was started (or found running) with this pid; it may still be recovering. */
  | { type: 'running'; pid: number; adopted: boolean }
  /** PostgreSQL ended unexpectedly; the guardian restarts it after `retryInMs`. */
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

/** Limit of a fast shutdown; an immediate shutdown follows, and finally SIGKILL. */
export const FAST_STOP_MS = 3_000;
export const IMMEDIATE_STOP_MS = 2_000;
