import type { SalaryHistory } from '#contracts';
import type { DataSource } from 'typeorm';
import type { HiddenScores } from './ledger-reader.js';

export interface HistoryQuery {
  gameId: string;
  /** Default: every team with an entry. */
  teamIds?: readonly string[];
  /** Window ends in [fromAt, toAt], epoch ms. The salary includes what was earned before `fromAt`. */
  fromAt?: number;
  toAt?: number;
  /** Maximum number of points per team, ≥ 1. Each represents a range of windows and contains the salary at its end. */
  points: number;
  /** What the reader may not see. */
  hidden?: HiddenScores;
}

/**
 * Running salaries at the ends of windows, from the ledger. The last point of a series always belongs to its last window, so
 * a line ends at the current salary.
 */
export async function salaryHistory(dataSource: DataSource, query: HistoryQuery): Promise<SalaryHistory> {
  const rows = await dataSource.query<{ teamId: string; at: number[]; salaryCents: number[] }[]>(HISTORY, [
    query.gameId,
    query.teamIds ?? null,
    query.fromAt ?? null,
    query.toAt ?? null,
    query.points,
    query.hidden?.fromAt ?? null,
    query.hidden?.exceptTeamId ?? null,
  ]);
  // The driver returns int8 inside arrays as text, regardless of the scalar's parser.
  const series = rows.map(({ teamId, at, salaryCents }) => ({
    teamId,
    at: at.map(Number),
    salaryCents: salaryCents.map(Number),
  }));
  return { gameId: query.gameId, series };
}

const HISTORY = `
  WITH rules AS (
    SELECT (scenario -> 'pay' ->> 'windowMs')::int8 AS window_ms FROM game WHERE id = $1
  ), per_window AS (
    SELECT team_id, window_index, min(window_start_at) AS start_at, sum(cents) AS cents
    FROM ledger
    WHERE game_id = $1 AND ($2::text[] IS NULL OR team_id = ANY ($2))
      AND ($6::int8 IS NULL OR window_start_at < $6 OR team_id = $7::text)
    GROUP BY team_id, window_index
  ), running AS (
    SELECT team_id, start_at + window_ms AS at,
           sum(cents) OVER (PARTITION BY team_id ORDER BY window_index) AS salary
    FROM per_window CROSS JOIN rules
  ), numbered AS (
    SELECT team_id, at, salary,
           row_number() OVER (PARTITION BY team_id ORDER BY at) AS n,
           count(*) OVER (PARTITION BY team_id) AS total
    FROM running
    WHERE at >= coalesce($3::int8, 0) AND ($4::int8 IS NULL OR at <= $4)
  ), sampled AS (
    SELECT DISTINCT ON (team_id, (n - 1) * least($5::int8, total) / total) team_id, at, salary
    FROM numbered
    ORDER BY team_id, (n - 1) * least($5::int8, total) / total, n DESC
  )
  SELECT team_id AS "teamId", array_agg(at ORDER BY at) AS at, array_agg(salary::int8 ORDER BY at) AS "salaryCents"
  FROM sampled GROUP BY team_id ORDER BY team_id`;
