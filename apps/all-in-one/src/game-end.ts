import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { StandingRow } from '#contracts';
import { GameStore, LedgerReader, type GameEntity } from '#persistence';
import { rankTeams } from '#scoring';
import { GameService } from '../../control/src/index.js';
import { ScorerService } from '../../scorer/src/index.js';
import type { Engines } from './engines.js';

const POLL_MS = 200;
/** Results that were under way at the end get this long; a prober that died must not hold the books open for ever. */
const GRACE_MS = 10_000;

/** Rows for the final printout. */
export type FinalRow = Pick<StandingRow, 'rank' | 'salaryCents' | 'team'>;

/**
 * Waits until the game has ended and all promises reach its end, closes the books, and reads the final standings from
 * the ledger itself. Null if `signal` aborted first.
 */
export async function finishGame(
  parts: { app: NestFastifyApplication; engines: Engines; gameId: string },
  signal: AbortSignal,
): Promise<FinalRow[] | null> {
  const { app, engines, gameId } = parts;
  const games = app.get(GameService);
  const ended = await until(signal, async () => {
    const game = await games.game(gameId);
    return ['ended', 'sealed'].includes(game.state) && game.endsAt! <= Date.now() ? game : null;
  });
  if (!ended) return null;
  const deadline = performance.now() + GRACE_MS;
  const complete = await until(signal, async () =>
    performance.now() > deadline || (await promisesReach(engines, ended)) ? true : null,
  );
  if (!complete) return null;
  await games.seal(gameId);
  const scorer = app.get(ScorerService);
  const sealed = await until(signal, async () => (scorer.hasSealed(gameId) ? true : null));
  if (!sealed) return null;
  return finalStandings(app, gameId);
}

async function finalStandings(app: NestFastifyApplication, gameId: string): Promise<FinalRow[]> {
  const teams = await app.get(GameStore).teams(gameId);
  const sums = await app.get(LedgerReader).sums(gameId);
  const rows = teams.map((team) => ({
    teamId: team.id,
    ranked: team.ranked,
    team,
    salaryCents: sums.get(team.id) ?? 0,
  }));
  return rankTeams(rows).map(({ rank, team, salaryCents }) => ({ rank, team, salaryCents }));
}

async function promisesReach(engines: Engines, game: GameEntity): Promise<boolean> {
  const [row] = await engines.dataSource.query<{ behind: number }[]>(
    `SELECT count(*)::int AS behind FROM team t LEFT JOIN team_score s ON s.game_id = t.game_id AND s.team_id = t.id
     WHERE t.game_id = $1 AND coalesce((s.score->>'asOf')::int8, 0) < $2`,
    [game.id, game.endsAt],
  );
  return row!.behind === 0;
}

/** Asks again and again until there is an answer; a database that restarts meanwhile only takes longer. */
async function until<T>(signal: AbortSignal, ask: () => Promise<T | null>): Promise<T | null> {
  while (!signal.aborted) {
    const answer = await ask().catch(() => null);
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return null;
}
