import type { GameScoring } from './game-scoring.js';
import type { ParkedBatches } from './parked-batches.js';
import type { CoreOptions } from './types.js';

/** Everything that the scoring of one partition remembers. Owned by one caller; `step` changes it in place. */
export interface ScoringState {
  readonly options: CoreOptions;
  readonly games: Map<string, GameScoring>;
  /** Batches that came before `game.created` of their game. */
  readonly parked: ParkedBatches;
  /** The time of the latest tick. */
  nowMs: number;
  /** What `snapshot` returned last: teams that have not changed since are copied from it. */
  latestSnapshot: Uint8Array | null;
}
