import { UNSCORED_WARNING_PERCENT, type RequestCounts, type UnscoredReport } from '#contracts';
import type { Snapshot } from '../snapshot.js';

/** Maximum number of windows in a report; the worst ones are listed. */
export const MAX_UNSCORED_WINDOWS = 200;

/** SQL columns that count a group's requests, and those of them that were not scored. */
export const REQUESTS_SQL = `coalesce(sum(count) FILTER (WHERE reason IN ('served', 'failed', 'unscored')), 0)::int8 AS requests,
  coalesce(sum(count) FILTER (WHERE reason = 'unscored'), 0)::int8 AS unscored`;

/**
 * How many of a game's requests were not scored because of trouble on the prober's side, according to the committed ledger:
 * in total, by team and service, and the windows in which their share exceeds the warning level. Not for the public during a
 * freeze.
 */
export async function unscoredReport(
  database: Pick<Snapshot, 'query'>,
  gameId: string,
): Promise<UnscoredReport> {
  const groups = await database.query<{ teamId: string; id: string } & RequestCounts>(
    `SELECT team_id AS "teamId", service_id AS id, ${REQUESTS_SQL} FROM ledger
     WHERE game_id = $1 AND service_id <> '' GROUP BY 1, 2 ORDER BY 1, 2`,
    [gameId],
  );
  const windows = await database.query<UnscoredReport['windows'][number] & { total: number }>(
    `SELECT *, count(*) OVER () AS total FROM (
       SELECT team_id AS "teamId", service_id AS "serviceId", window_index AS "windowIndex",
              min(window_start_at)::int8 AS "windowStartAt", ${REQUESTS_SQL}
       FROM ledger WHERE game_id = $1 AND service_id <> '' GROUP BY 1, 2, 3
     ) AS w WHERE unscored * 100 > requests * $2::int4
     ORDER BY unscored DESC, "windowIndex", "teamId", "serviceId" LIMIT ${MAX_UNSCORED_WINDOWS}`,
    [gameId, UNSCORED_WARNING_PERCENT],
  );
  const total: RequestCounts = { requests: 0, unscored: 0 };
  const teams: UnscoredReport['teams'] = [];
  for (const { teamId, id, requests, unscored } of groups) {
    let team = teams.at(-1);
    if (team?.teamId !== teamId) teams.push((team = { teamId, requests: 0, unscored: 0, services: [] }));
    team.services.push({ id, requests, unscored });
    for (const sum of [team, total]) {
      sum.requests += requests;
      sum.unscored += unscored;
    }
  }
  return {
    total,
    teams,
    windows: windows.map(({ total: _, ...window }) => window),
    windowsAbove: windows[0]?.total ?? 0,
  };
}
