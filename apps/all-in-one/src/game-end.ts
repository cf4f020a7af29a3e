import type { StandingRow, StandingsView, UnscoredReport } from '#contracts';
import { rankTeams } from '#game';
import { type DataSource, GameStore, LedgerReader, unscoredReport } from '#persistence';
import type { GameService } from '../../control/src/index.js';

const POLL_MS = 200;
/** Nobody waits longer than this for a page that does not show the end. */
const SHOWN_WITHIN_MS = 5_000;

/** Rows for the final printout. */
export type FinalRow = Pick<StandingRow, 'rank' | 'salaryCents' | 'team'>;

export interface FinalStandings {
  rows: FinalRow[];
  /** What of it was not scored for trouble of the prober's own. */
  unscored: UnscoredReport;
}

/** What the end of a game needs, however the services are spread. */
export interface GameEndParts {
  games: GameService;
  dataSource: DataSource;
  gameId: string;
  /** Where the page is served. */
  url: string;
  /** Whether every partition has committed the sealing: the ledger is final then. */
  hasSealed(): boolean | Promise<boolean>;
}

/**
 * Waits until the game is over and its ledger is closed (`GameLoop` seals it, the scorer then scores what was
 * acknowledged), and reads the final standings from the ledger itself. Null if `signal` aborted first.
 */
export async function finishGame(parts: GameEndParts, signal: AbortSignal): Promise<FinalStandings | null> {
  const { games, dataSource, gameId } = parts;
  const sealed = await until(signal, async () => {
    const { state } = await games.game(gameId);
    return state === 'sealed' && (await parts.hasSealed()) ? true : null;
  });
  if (sealed === null) return null;
  // Who leaves now takes the page with him: those who look at it should have seen who won.
  const patience = AbortSignal.any([signal, AbortSignal.timeout(SHOWN_WITHIN_MS)]);
  await until(patience, async () => ((await isShownSealed(parts, patience)) ? true : null));
  return finalStandings(dataSource, gameId);
}

async function isShownSealed({ url, gameId }: GameEndParts, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${url}/api/v1/standings`, { signal });
  const { game } = (await response.json()) as StandingsView;
  return game.id !== gameId || game.state === 'sealed';
}

async function finalStandings(dataSource: DataSource, gameId: string): Promise<FinalStandings> {
  const teams = await new GameStore(dataSource).teams(gameId);
  const sums = await new LedgerReader(dataSource).sums(gameId);
  const rows = teams.map((team) => ({
    teamId: team.id,
    ranked: team.ranked,
    team,
    salaryCents: sums.get(team.id) ?? 0,
  }));
  return {
    rows: rankTeams(rows).map(({ rank, team, salaryCents }) => ({ rank, team, salaryCents })),
    unscored: await unscoredReport(dataSource, gameId),
  };
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
