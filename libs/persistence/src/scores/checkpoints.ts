import type { Snapshot } from '../snapshot.js';

/** The committed progress of one partition's scorer. */
export interface Checkpoint {
  partition: number;
  /** Source positions by name. */
  positions: Record<string, string>;
  /** First byte of the scorer's state, which identifies its format; null if there is no state yet. */
  stateFormat: number | null;
}

/**
 * The checkpoints of all partitions that were ever scored, in order of partition. Reads one byte of each state, which
 * can be large.
 */
export async function readCheckpoints(database: Pick<Snapshot, 'query'>): Promise<Checkpoint[]> {
  return database.query<Checkpoint>(
    `SELECT partition, positions, CASE WHEN length(state) > 0 THEN get_byte(substring(state FOR 1), 0) END AS "stateFormat"
     FROM scorer_checkpoint ORDER BY partition`,
  );
}
