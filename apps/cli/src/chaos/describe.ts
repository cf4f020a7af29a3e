import type { ChaosAuditEntry, ChaosInjected, ChaosPreview, ChaosStopped, ChaosTimeline } from '#client';
import type { FaultInfo } from '#contracts';
import { formatCents } from '#kernel';
import { formatDuration } from '#scenario';
import { table } from '#runtime';
import { plain } from '../terminal.js';

/** UTC, to the second. */
export const clockTime = (atMs: number): string => `${new Date(atMs).toISOString().slice(11, 19)}Z`;
const lasting = (ms: number): string => formatDuration(Math.max(0, Math.round(ms / 1000)) * 1000);
const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
const rows = (cells: readonly (readonly string[])[]): string =>
  table(
    cells.map((row) => row.map(plain)),
    [],
  );

const money = (of: { expectedCostCents: number; expectedGainCents: number }): string =>
  of.expectedGainCents > 0
    ? `brings about ${formatCents(of.expectedGainCents)}`
    : `costs about ${formatCents(of.expectedCostCents)}`;

export function describePreview(preview: ChaosPreview): string {
  const { kind, serviceId, ttlMs, scoring, label, blastRadius, teams } = preview;
  const what = `${kind} on ${serviceId} for ${lasting(ttlMs)}${scoring === 'pause' ? ', its windows do not score' : ''}: ${label}`;
  const cost = `${money(preview)} in all (${preview.expectedBasis})`;
  const strikes = `strikes ${blastRadius.teams} of ${counted(blastRadius.ofTeams, 'team')}; ${cost}`;
  const had = teams.map((team) => [
    team.struck ? 'strikes' : 'spares',
    team.name,
    team.struck ? money(team) : '',
    `was dealt ${formatCents(team.dealtCents)} by ${counted(team.count, 'fault')}, ${lasting(team.actedMs)}`,
    [
      team.spared ?? '',
      team.creditCents === 0 ? '' : `came later: counts ${formatCents(team.creditCents)} more`,
      team.spikes.count === 0
        ? ''
        : `${counted(team.spikes.count, 'traffic spike')} for ${formatCents(team.spikes.gainCents)}`,
      team.activeFaults.length === 0 ? '' : `${counted(team.activeFaults.length, 'fault')} now`,
    ]
      .filter((text) => text !== '')
      .join('; '),
  ]);
  const limits = preview.violations.map(({ message, possibleAt }) =>
    plain(`NOT ALLOWED: ${message}${possibleAt === null ? '' : `; possible from ${clockTime(possibleAt)}`}`),
  );
  const { confirmation } = preview;
  const confirm =
    confirmation === null ? [] : [plain(`needs --confirm "${confirmation.type}": ${confirmation.why}`)];
  return [plain(what), plain(strikes), rows(had), ...limits, ...confirm].join('\n');
}

const faultCells = (fault: FaultInfo, nowMs: number): string[] => [
  fault.id,
  fault.state,
  `${fault.kind} on ${fault.serviceId}`,
  fault.state === 'reverted' ? '' : `${lasting(fault.expiresAt - nowMs)} left`,
  [fault.label, fault.detail].filter((text) => text !== '').join(': '),
];

export function describeFaults(faults: readonly FaultInfo[], nowMs: number): string {
  if (faults.length === 0) return 'no faults';
  return rows(faults.map((fault) => faultCells(fault, nowMs)));
}

export function describeTimeline({ gameId, held, entries }: ChaosTimeline): string {
  const head = `timeline of ${plain(gameId)}${held ? ': HELD (payday chaos resume lets it go on)' : ''}`;
  if (entries.length === 0) return `${head}: no entries`;
  const cells = entries.map(({ entry, state, at, detail }) => [
    `  ${entry.id}`,
    entry.type,
    state,
    at === null ? '' : clockTime(at),
    detail,
  ]);
  return `${head}\n${rows(cells)}`;
}

/** The timeline in one line, for `watch`. */
export function timelineLine({ gameId, held, entries }: ChaosTimeline): string {
  const isDone = (state: string): boolean => state !== 'pending' && state !== 'waiting';
  const next = entries.find(({ state }) => !isDone(state));
  const ahead =
    next === undefined
      ? 'nothing is left'
      : `next is ${next.entry.id}${next.at === null ? '' : ` at ${clockTime(next.at)}`}`;
  const done = entries.filter(({ state }) => isDone(state)).length;
  return plain(`timeline of ${gameId}: ${held ? 'HELD, ' : ''}${done} of ${entries.length} done, ${ahead}`);
}

export function faultLine(fault: FaultInfo): string {
  const why = fault.detail === '' ? '' : `: ${fault.detail}`;
  return plain(`fault ${fault.id}: ${fault.kind} on ${fault.serviceId} ${fault.state}${why}`);
}

export function auditLine({ seq, at, actor, action, subject, details }: ChaosAuditEntry): string {
  const things = Object.entries(subject).map(([kind, id]) => `${kind} ${id}`);
  const why = Object.keys(details).length === 0 ? '' : `  ${JSON.stringify(details)}`;
  return plain(
    `audit ${seq} ${clockTime(at)}: ${actor.label} (${actor.role}) ${action} ${things.join(', ')}${why}`,
  );
}

export function describeStopped({ verified, unverified, heldTimelines, recorded }: ChaosStopped): string {
  const lines = [`${counted(verified.length, 'fault')} verified gone`];
  for (const fault of unverified) lines.push(plain(`NOT VERIFIED, retrying: ${faultLine(fault)}`));
  for (const gameId of heldTimelines)
    lines.push(plain(`the timeline of ${gameId} is held: payday chaos resume lets it go on`));
  if (!recorded) lines.push('not stored yet: the database did not accept it in time; retrying');
  return lines.join('\n');
}

export function describeInjected(
  { injectionId, spared }: ChaosInjected,
  faults: readonly FaultInfo[],
): string {
  const lines = [plain(`injection ${injectionId}`), ...faults.map(faultLine)];
  for (const { teamId, reason } of spared) lines.push(plain(`spared ${teamId}: ${reason}`));
  return lines.join('\n');
}
