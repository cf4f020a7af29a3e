import type { UnscoredReport } from '#contracts';
import type { DataSource } from 'typeorm';
import { readCheckpoints, type Checkpoint } from '../scores/checkpoints.js';
import { Snapshot } from '../snapshot.js';
import { LEDGER_COLUMNS, type LedgerRow } from './ledger-rows.js';
import { unscoredReport } from './unscored-requests.js';

/** Everything that the scorer has committed for one game, from one snapshot of the database. */
export interface LedgerSnapshot {
  /** The progress of each partition's scorer: source positions by name. */
  checkpoints: Checkpoint[];
  /** `asOf`: the watermark up to which the team's results were complete, epoch ms. */
  scores: { teamId: string; salaryCents: number; asOf: number }[];
  /** Number of ledger rows of every team with at least one, ordered by team. */
  rowCounts: { teamId: string; rows: number }[];
  /** Which of the game's requests were not scored, according to the ledger rows. */
  unscored(): Promise<UnscoredReport>;
  /** The rows of these teams, ordered bytewise by team, window, service, reason, counterpartyId. One stream at a time. */
  ledger(teamIds: readonly string[]): AsyncGenerator<LedgerRow, void, undefined>;
}

/** Passes a read-only snapshot of a game's ledger to `read`; it is valid until `read` settles. */
export async function withLedgerSnapshot<T>(
  dataSource: DataSource,
  gameId: string,
  read: (snapshot: LedgerSnapshot) => Promise<T>,
): Promise<T> {
  return Snapshot.use(dataSource, async (snapshot) => {
    const checkpoints = await readCheckpoints(snapshot);
    const scores = await snapshot.query<LedgerSnapshot['scores'][number]>(
      `SELECT team_id AS "teamId", salary_cents AS "salaryCents", (score ->> 'asOf')::int8 AS "asOf"
       FROM team_score WHERE game_id = $1 ORDER BY team_id`,
      [gameId],
    );
    const rowCounts = await snapshot.query<LedgerSnapshot['rowCounts'][number]>(
      `SELECT team_id AS "teamId", count(*) AS rows FROM ledger WHERE game_id = $1 GROUP BY 1 ORDER BY 1`,
      [gameId],
    );
    return read({
      checkpoints,
      scores,
      rowCounts,
      unscored: () => unscoredReport(snapshot, gameId),
      ledger: (teamIds) =>
        snapshot.stream<LedgerRow>(
          `SELECT ${LEDGER_COLUMNS} FROM ledger WHERE game_id = $1 AND team_id = ANY ($2)
           ORDER BY team_id, window_index, service_id, reason, counterparty`,
          [gameId, teamIds],
        ),
    });
  });
}
