import type { UnscoredReport } from '#contracts';
import type { DataSource, QueryRunner } from 'typeorm';
import { LEDGER_COLUMNS, type LedgerRow } from './ledger-rows.js';
import { unscoredReport } from './unscored-requests.js';

/** Everything that the scorer has committed for one game, from one snapshot of the database. */
export interface LedgerSnapshot {
  /** The progress of each partition's scorer: source positions by name. */
  checkpoints: {
    partition: number;
    positions: Record<string, string>;
    /** First byte of the scorer's state, which identifies its format; null if there is no state yet. */
    stateFormat: number | null;
  }[];
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
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const rowsOf = async <Row>(sql: string): Promise<Row[]> => (await runner.query(sql, [gameId])) as Row[];
    const checkpoints = (await runner.query(
      `SELECT partition, positions, CASE WHEN length(state) > 0 THEN get_byte(state, 0) END AS "stateFormat"
       FROM scorer_checkpoint ORDER BY partition`,
    )) as LedgerSnapshot['checkpoints'];
    const scores = await rowsOf<LedgerSnapshot['scores'][number]>(
      `SELECT team_id AS "teamId", salary_cents AS "salaryCents", (score ->> 'asOf')::int8 AS "asOf"
       FROM team_score WHERE game_id = $1 ORDER BY team_id`,
    );
    const rowCounts = await rowsOf<LedgerSnapshot['rowCounts'][number]>(
      `SELECT team_id AS "teamId", count(*) AS rows FROM ledger WHERE game_id = $1 GROUP BY 1 ORDER BY 1`,
    );
    return await read({
      checkpoints,
      scores,
      rowCounts,
      unscored: () => unscoredReport(runner, gameId),
      ledger: (teamIds) => streamLedger(runner, gameId, teamIds),
    });
  } finally {
    await runner.query('ROLLBACK').catch(() => undefined); // Read-only: a lost connection loses nothing.
    await runner.release();
  }
}

const FETCH_ROWS = 1000;

async function* streamLedger(
  runner: QueryRunner,
  gameId: string,
  teamIds: readonly string[],
): AsyncGenerator<LedgerRow, void, undefined> {
  await runner.query(
    `DECLARE ledger_rows NO SCROLL CURSOR FOR SELECT ${LEDGER_COLUMNS} FROM ledger
     WHERE game_id = $1 AND team_id = ANY ($2)
     ORDER BY team_id, window_index, service_id, reason, counterparty`,
    [gameId, teamIds],
  );
  try {
    for (;;) {
      const rows = (await runner.query(`FETCH ${FETCH_ROWS} FROM ledger_rows`)) as LedgerRow[];
      if (rows.length === 0) return;
      yield* rows;
    }
  } finally {
    await runner.query('CLOSE ledger_rows').catch(() => undefined);
  }
}
