import type { ChaosReport } from '#faults';
import { PaydayError, formatCents, messageOf } from '#kernel';
import { table } from '#runtime';
import { plain } from '../terminal.js';
import { originOf } from './connection.js';

const WITHIN_MS = 5_000;

export interface ReportOfGame extends ChaosReport {
  readonly gameId: string;
}

/**
 * Fetches what each team of a game was dealt. Needs no token: it is public.
 * @param game default: the newest
 * @throws PaydayError `unavailable` if there is no answer, or none from Payday; the server's code if it refuses
 */
export async function fetchReport(url: string, game: string | undefined): Promise<ReportOfGame> {
  const address = new URL('/api/v1/faults/report', originOf(url));
  if (game !== undefined) address.searchParams.set('game', game);
  let status: number;
  let body: unknown;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(WITHIN_MS) });
    status = response.status;
    body = await response.json();
  } catch (cause) {
    throw new PaydayError('unavailable', `no report from ${address.origin}: ${messageOf(cause)}`, {
      retryable: true,
      cause,
    });
  }
  if (status === 200) return body as ReportOfGame;
  const { code, detail } = (body ?? {}) as { code?: unknown; detail?: unknown };
  throw new PaydayError(
    typeof code === 'string' ? code : 'unavailable',
    typeof detail === 'string' ? detail : `no report from ${address.origin}: it answered ${status}`,
  );
}

/** One line per team, and whether the distribution was fair. */
export function describeReport({ gameId, teams, dealtCents, spread, typicalCents }: ReportOfGame): string {
  const rows = teams.map((team) => [
    team.teamId,
    formatCents(team.dealtCents),
    team.creditCents === 0 ? '' : formatCents(team.creditCents),
    String(team.count),
    team.spikes.count === 0 ? '' : `${team.spikes.count} for ${formatCents(team.spikes.gainCents)}`,
    team.inPlay ? '' : 'not in play',
  ]);
  const head = ['team', 'dealt', 'credited', 'faults', 'spikes', ''];
  const verdict = spread.dealtCents <= typicalCents ? 'within' : 'MORE THAN';
  const judged =
    teams.filter(({ inPlay }) => inPlay).length < 2
      ? 'fewer than two teams are in play: there is nobody to compare'
      : `most minus least: ${formatCents(spread.dealtCents)}, ${verdict} one typical fault (${formatCents(typicalCents)})`;
  return [
    plain(`faults of ${gameId}, by what they were expected to cost: ${formatCents(dealtCents)} in all`),
    table(
      [head, ...rows].map((row) => row.map(plain)),
      [1, 2, 3],
    ),
    judged,
  ].join('\n');
}
