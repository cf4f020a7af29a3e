import type { GameScoring } from './game-scoring.js';
import type { ParkedBatches } from './parked-batches.js';
import type { CoreOptions } from './types.js';

/** The scoring state of one partition. It has one owner; `step` mutates it. */
export interface ScoringState {
  readonly options: CoreOptions;
  readonly games: Map<string, GameScoring>;
  /** Batches that arrived before their game's `game.created`. */
  readonly parked: ParkedBatches;
  /** The time of the latest tick. */
  nowMs: number;
  /** The latest result of `snapshot`: unchanged teams are copied from it. */
  latestSnapshot: Uint8Array | null;
}
