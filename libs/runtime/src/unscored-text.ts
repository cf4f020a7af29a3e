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

/** Two decimals, rounded up, so a non-zero share never reads as zero and one above a limit never reads as the limit. */
export function unscoredPercent({ requests, unscored }: RequestCounts): string {
  return requests === 0 ? '0.00' : (Math.ceil((unscored * 10_000) / requests) / 100).toFixed(2);
}

/**
 * Severity: `warning` if the share of the total, a team or a service exceeds the limit; `note` if only a window's share
 * does, because in a window with few requests a single one exceeds the limit.
 */
export function unscoredLevel({ total, teams, windowsAbove }: UnscoredReport): 'fine' | 'note' | 'warning' {
  const sides = teams.flatMap((team) => [team, ...team.services]);
  if ([total, ...sides].some(isAboveWarning)) return 'warning';
  return windowsAbove > 0 ? 'note' : 'fine';
}

/**
 * A terminal report of a game's unscored requests: in total, by team and service, and the worst windows. A share above
 * the limit is marked with `!` and turns the first line into a warning or a note.
 */
export function unscoredLines(report: UnscoredReport): string[] {
  const { total, teams, windows, windowsAbove } = report;
  const level = unscoredLevel(report);
  const lines = [`not scored for trouble of the prober's own: ${requestShare(total)}`];
  if (level !== 'fine')
    lines[0] = `${level.toUpperCase()}: ${lines[0]!}; above ${UNSCORED_WARNING_PERCENT} % for what is marked with ! (docs/scoring.md says when that is)`;
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
