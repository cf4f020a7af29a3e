import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { StandingRow } from '#contracts';
import { GameStore, LedgerReader } from '#persistence';
import { rankTeams } from '#scoring';
import { GameService } from '../../control/src/index.js';
import { ScorerService } from '../../scorer/src/index.js';

const POLL_MS = 200;

/** Rows for the final printout. */
export type FinalRow = Pick<StandingRow, 'rank' | 'salaryCents' | 'team'>;

/**
 * Waits until the game is over and its books are closed (`GameLoop` seals it, the scorer then scores what was
 * acknowledged), and reads the final standings from the ledger itself. Null if `signal` aborted first.
 */
export async function finishGame(
  parts: { app: NestFastifyApplication; gameId: string },
  signal: AbortSignal,
): Promise<FinalRow[] | null> {
  const { app, gameId } = parts;
  const games = app.get(GameService);
  const scorer = app.get(ScorerService);
  const sealed = await until(signal, async () => {
    const { state } = await games.game(gameId);
    return state === 'sealed' && scorer.hasSealed(gameId) ? true : null;
  });
  return sealed && finalStandings(app, gameId);
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

/** Asks again and again until there is an answer; a database that restarts meanwhile only takes longer. */
async function until<T>(signal: AbortSignal, ask: () => Promise<T | null>): Promise<T | null> {
  while (!signal.aborted) {
    const answer = await ask().catch(() => null);
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return null;
}
