import {
  UNSCORED_WARNING_PERCENT,
  isAboveWarning,
  type RequestCounts,
  type UnscoredReport,
} from '#contracts';

const MAX_WINDOWS = 5;

/** "12 of 40,000 requests (0.03 %)". */
export function requestShare({ requests, unscored }: RequestCounts): string {
  const number = (value: number): string => value.toLocaleString('en-US');
  return `${number(unscored)} of ${number(requests)} requests (${unscoredPercent({ requests, unscored })} %)`;
}

/** With two decimals, rounded up: what there is never reads as nothing, nor what is above a limit as the limit. */
export function unscoredPercent({ requests, unscored }: RequestCounts): string {
  return requests === 0 ? '0.00' : (Math.ceil((unscored * 10_000) / requests) / 100).toFixed(2);
}

/**
 * What of a game was not scored, for a terminal: in all, by team and service, and the worst windows. A share above the limit is
 * marked with `!` and makes the first line a warning.
 */
export function unscoredLines({ total, teams, windows, windowsAbove }: UnscoredReport): string[] {
  const sides = teams.flatMap((team) => [team, ...team.services]);
  const isWarning = windowsAbove > 0 || [total, ...sides].some(isAboveWarning);
  const lines = [`not scored for trouble of the prober's own: ${requestShare(total)}`];
  if (isWarning)
    lines[0] = `WARNING: ${lines[0]!}; above ${UNSCORED_WARNING_PERCENT} % for what is marked with ! (docs/scoring.md says when that is)`;
  for (const team of teams) {
    if (team.unscored === 0) continue;
    const services = team.services.filter(({ unscored }) => unscored > 0);
    const each = services.map((service) => `${mark(service)}${service.id} ${requestShare(service)}`);
    lines.push(`  ${mark(team)}team ${team.teamId}: ${requestShare(team)}: ${each.join(', ')}`);
  }
  for (const { teamId, serviceId, windowIndex, ...counts } of windows.slice(0, MAX_WINDOWS))
    lines.push(`  !window ${windowIndex}, team ${teamId}, service ${serviceId}: ${requestShare(counts)}`);
  const more = windowsAbove - Math.min(windows.length, MAX_WINDOWS);
  if (more > 0)
    lines.push(
      `  and ${more.toLocaleString('en-US')} more windows; payday export ledger has them all (reason unscored)`,
    );
  return lines;
}

function mark(counts: RequestCounts): string {
  return isAboveWarning(counts) ? '!' : '';
}
