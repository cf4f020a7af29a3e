import type { GameEvent, LedgerKey, LedgerRow, ProbeBatch, TeamScore } from '#contracts';

export type { LedgerKey, LedgerRow } from '#contracts';

/** Input of the core. Batches may arrive in any order and repeatedly; game events must be in log order. */
export type ScoringInput =
  | { kind: 'batch'; batch: ProbeBatch }
  | { kind: 'event'; event: GameEvent }
  /** The time, which expires the leases of silent probers. It decides when windows close, never what they pay. */
  | { kind: 'tick'; nowMs: number };

/**
 * A window's accumulators as bytes: store them with the commit and pass them to `restoreWindow` when requested.
 * Like a row's histogram they are a view of a larger buffer: copy them to keep them for long.
 */
export interface StoredWindow extends WindowKey {
  bytes: Uint8Array;
}

export interface WindowKey {
  /** `teamKey(game, team)`. */
  key: string;
  windowIndex: number;
}

/** A batch that will never score, and why. */
export interface RefusedBatch {
  code: 'sealed' | 'unknown_service' | 'too_many_parked';
  batch: ProbeBatch;
}

export interface ScoringOutputs {
  /** New or changed rows, whole. */
  ledger: LedgerRow[];
  /** Rows that no longer exist because their window was paused or excused later. */
  removed: LedgerKey[];
  /** Teams whose score changed. The caller adds the commit sequence. */
  scores: Omit<TeamScore, 'commitSeq'>[];
  windows: StoredWindow[];
  refused: RefusedBatch[];
  counters: ScoringCounters;
}

export interface ScoringCounters {
  batches: number;
  duplicateBatches: number;
  /** Results that were scored: good answers and failures. */
  results: number;
  /** Results that failed because of the prober itself; they earn and cost nothing. */
  unscored: number;
  /** Results whose intended time is outside the game. */
  outsideGame: number;
  /** Results that arrived after their window had closed and revised it. */
  late: number;
}

export interface CoreOptions {
  /** How long a prober may be silent, in ms, before windows stop waiting for it. */
  leaseMs: number;
  /** Whether this instance scores the team; decided by partition in a distributed game. */
  owns(key: string): boolean;
}
