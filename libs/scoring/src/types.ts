import type { GameEvent, LedgerKey, LedgerRow, ProbeBatch, TeamScore } from '#contracts';

export type { LedgerKey, LedgerRow } from '#contracts';

/** What the core is fed. Batches may come in any order and any number of times; game events in the order of their log. */
export type ScoringInput =
  | { kind: 'batch'; batch: ProbeBatch }
  | { kind: 'event'; event: GameEvent }
  /** The time, for the leases of probers that fell silent. It decides when windows close, never what they pay. */
  | { kind: 'tick'; nowMs: number };

/**
 * A window's accumulators as bytes, to be stored with the commit and handed back by `restoreWindow` when they are asked for.
 * They are a view of a larger buffer, as a row's histogram is: who keeps them for long keeps a copy.
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
  /** Rows that no longer exist (their window was paused or excused afterwards). */
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
  /** Results with trouble of the prober's own, which earn and cost nothing. */
  unscored: number;
  /** Results whose intended time lies outside of the game. */
  outsideGame: number;
  /** Results that arrived after their window had closed, and revised it. */
  late: number;
}

export interface CoreOptions {
  /** How long a prober may be silent before windows stop waiting for it. */
  leaseMs: number;
  /** Whether this instance scores the team; by partition in a distributed game. */
  owns(key: string): boolean;
}
