import type { ControlClient } from '#client';
import type { StandingRow, UnscoredReport } from '#contracts';
import { rankTeams } from '#game';

const POLL_MS = 200;
/** The longest wait for the leaderboard to show the end. */
const SHOWN_WITHIN_MS = 5_000;

/** Rows for the final printout. */
export type FinalRow = Pick<StandingRow, 'rank' | 'salaryCents' | 'team'>;

export interface FinalStandings {
  rows: FinalRow[];
  /** What was not scored because of trouble on the prober's own side. */
  unscored: UnscoredReport;
}

/**
 * Waits until the game is sealed, which says that the scorer has committed the last of it, and reads the final standings
 * from the ledger. Null if `signal` aborted first.
 * @throws ControlError if the final standings cannot be read
 */
export async function finishGame(
  api: ControlClient,
  gameId: string,
  signal: AbortSignal,
): Promise<FinalStandings | null> {
  const isSealed = async (): Promise<boolean> => (await api.game(gameId)).state === 'sealed';
  if (!(await until(signal, isSealed))) return null;
  // Exiting takes the page down: its viewers should see who won first.
  const shown = AbortSignal.any([signal, AbortSignal.timeout(SHOWN_WITHIN_MS)]);
  await until(shown, async () => {
    const { game } = await api.standings();
    return game.id !== gameId || game.state === 'sealed';
  });
  return finalStandings(api, gameId);
}

async function finalStandings(api: ControlClient, gameId: string): Promise<FinalStandings> {
  const [teams, { series }, unscored] = await Promise.all([
    api.teams(gameId),
    api.history(gameId, 1),
    api.unscored(gameId),
  ]);
  const salaries = new Map(series.map(({ teamId, salaryCents }) => [teamId, salaryCents.at(-1)!]));
  const rows = teams.map((team) => ({
    teamId: team.id,
    ranked: team.ranked,
    team,
    salaryCents: salaries.get(team.id) ?? 0,
  }));
  return {
    rows: rankTeams(rows).map(({ rank, team, salaryCents }) => ({ rank, team, salaryCents })),
    unscored,
  };
}

/** Repeats `holds` until it is true; a server that is away meanwhile only delays it. @returns false if `signal` aborted first */
async function until(signal: AbortSignal, holds: () => Promise<boolean>): Promise<boolean> {
  while (!signal.aborted) {
    if (await holds().catch(() => false)) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}
