import { resultsDueWithinMs } from '#contracts';
import type { DataSource } from 'typeorm';

/** A team at the boundary of a freeze, computed only from the windows before it. Amounts are integer cents. */
export interface FrozenScore {
  teamId: string;
  salaryCents: number;
  payPerMinuteCents: number;
  oneMinuteCents: number;
  fiveMinutesCents: number;
}

export interface Freeze {
  gameId: string;
  /** The window boundary, epoch ms. */
  frozenAt: number;
}

/**
 * The standings that the public sees during a freeze; null while results from before the freeze may still arrive (a dead
 * prober delays them by at most `resultsDueWithinMs`). The first caller computes them from the ledger and stores them, so
 * every later caller gets the same.
 */
export async function frozenStandings(
  dataSource: DataSource,
  { gameId, frozenAt }: Freeze,
  nowMs: number,
): Promise<FrozenScore[] | null> {
  const stored = await read(dataSource, gameId, frozenAt);
  if (stored !== null || nowMs < frozenAt) return stored;
  const [game] = await dataSource.query<{ behind: number; timeoutMs: number }[]>(BEHIND, [gameId, frozenAt]);
  if (game === undefined) return null;
  const graceMs = resultsDueWithinMs({ probing: game });
  if (game.behind > 0 && nowMs < frozenAt + graceMs) return null;
  await dataSource.query(SETTLE, [gameId, frozenAt, nowMs]);
  return read(dataSource, gameId, frozenAt);
}

async function read(dataSource: DataSource, gameId: string, frozenAt: number): Promise<FrozenScore[] | null> {
  const [row] = await dataSource.query<{ scores: FrozenScore[] }[]>(
    'SELECT scores FROM frozen_standings WHERE game_id = $1 AND frozen_at = $2',
    [gameId, frozenAt],
  );
  return row?.scores ?? null;
}

/** For one game: the number of teams whose watermark has not reached the freeze, and the request timeout. */
const BEHIND = `
  SELECT (g.scenario -> 'probing' ->> 'timeoutMs')::int AS "timeoutMs", (
    SELECT count(*)::int FROM team t LEFT JOIN team_score s ON s.game_id = t.game_id AND s.team_id = t.id
    WHERE t.game_id = g.id AND coalesce((s.score->>'asOf')::int8, 0) < $2
  ) AS behind
  FROM game g WHERE g.id = $1`;

/** The rate covers the last ten seconds in whole windows, like the scorer's. */
const SETTLE = `
  INSERT INTO frozen_standings (game_id, frozen_at, scores, settled_at)
  SELECT g.id, $2, coalesce(jsonb_agg(jsonb_build_object(
    'teamId', sums.team_id,
    'salaryCents', sums.salary,
    'payPerMinuteCents', sums.lately * 60000 / rules.lately_ms,
    'oneMinuteCents', sums.one_minute,
    'fiveMinutesCents', sums.five_minutes
  ) ORDER BY sums.team_id) FILTER (WHERE sums.team_id IS NOT NULL), '[]'), $3
  FROM game g
  CROSS JOIN LATERAL (
    SELECT greatest(1, 10000 / window_ms) * window_ms AS lately_ms
    FROM (SELECT (g.scenario -> 'pay' ->> 'windowMs')::int8 AS window_ms) AS pay
  ) AS rules
  LEFT JOIN LATERAL (
    SELECT team_id,
           sum(cents)::int8 AS salary,
           coalesce(sum(cents) FILTER (WHERE window_start_at >= $2 - rules.lately_ms), 0)::int8 AS lately,
           coalesce(sum(cents) FILTER (WHERE window_start_at >= $2 - 60000), 0)::int8 AS one_minute,
           coalesce(sum(cents) FILTER (WHERE window_start_at >= $2 - 300000), 0)::int8 AS five_minutes
    FROM ledger WHERE game_id = g.id AND window_start_at < $2
    GROUP BY team_id
  ) AS sums ON true
  WHERE g.id = $1
  GROUP BY g.id, rules.lately_ms
  ON CONFLICT DO NOTHING`;
