import { createHash } from 'node:crypto';
import {
  FAULT_LIMITS,
  chaosReport,
  type FaultCourse,
  type FaultDriver,
  type FaultTarget,
  type TeamChaos,
} from '#faults';
import { PaydayError } from '#kernel';
import { resolveTargets } from '#scenario';
import { limitsOf, type GameView } from '../game-view.js';
import { coolingUntil, violationsOf, type ChaosNow } from '../limits.js';
import { expectedCost } from './expected-cost.js';
import type { InjectPreview, InjectRequest, PreviewTeam } from './types.js';

/** How long a preview may be acted upon. */
const PREVIEW_VALID_MS = 60_000;
const MAX_LABEL_LENGTH = 200;

/** Everything that decides what an injection would do. */
export interface Situation {
  view: GameView;
  driver: FaultDriver;
  targetOf(teamId: string): FaultTarget | null;
  now: ChaosNow;
  /** Faults per team so far. */
  strikes: ReadonlyMap<string, number>;
  courses: readonly FaultCourse[];
}

/**
 * What an injection would do now: the same in the same situation, so that a preview shows what a command does.
 * @throws PaydayError as `ChaosCommands` lists them, except for limits and confirmation, which the preview shows
 */
export function planInjection(request: InjectRequest, situation: Situation): InjectPreview {
  const { view, driver, now } = situation;
  checkRequest(request, situation);
  const limits = limitsOf(view);
  const teamIds = view.teams.map(({ id }) => id);
  const isReachable = (teamId: string): boolean => {
    const target = situation.targetOf(teamId);
    return target !== null && driver.reaches(target, request.serviceId);
  };
  const reachable = new Set(teamIds.filter(isReachable));
  const struck = new Set(chosenOf(request, situation, [...reachable]));
  if (struck.size === 0)
    throw new PaydayError(
      'out_of_reach',
      `The ${driver.name} driver reaches none of the teams that are to be struck; it reaches ${[...reachable].join(', ') || 'nobody'}.`,
    );

  const { kind, serviceId, params, ttlMs, label, scoring = 'count' } = request;
  const chaos = new Map(
    chaosReport(situation.courses, teamIds, now.nowMs).teams.map((team) => [team.teamId, team]),
  );
  const rows = view.teams.map(({ id, name, ranked }): PreviewTeam => {
    const endpoint = view.endpoints.get(`${id} ${serviceId}`) ?? null;
    const activeFaults = now.unfinished.filter(({ teamId }) => teamId === id).map((info) => info.id);
    const spared = struck.has(id) ? null : whySpared(request, situation, id, { reachable, struck });
    const team = chaos.get(id) as TeamChaos;
    return {
      ...team,
      name,
      ranked,
      struck: struck.has(id),
      spared,
      reachable: reachable.has(id),
      endpoint,
      activeFaults,
    };
  });
  const chosen = teamIds.filter((id) => struck.has(id));
  const wanted = { teamIds: chosen, serviceId, ttlMs };
  const madeAt = now.nowMs;
  const expiresAt = madeAt + PREVIEW_VALID_MS;
  return {
    previewId: previewId(request, chosen, expiresAt),
    gameId: view.gameId,
    madeAt,
    expiresAt,
    endsAt: madeAt + ttlMs,
    driver: driver.name,
    kind,
    serviceId,
    ttlMs,
    label,
    scoring,
    teams: [...rows.filter((row) => row.struck), ...rows.filter((row) => !row.struck)],
    blastRadius: {
      teams: chosen.length,
      ofTeams: teamIds.length,
      endpoints: rows.filter((row) => row.struck && row.endpoint !== null).length,
    },
    expectedCost: expectedCost(view.scenario, {
      kind,
      serviceId,
      params,
      ttlMs,
      teams: chosen.length,
      gameMs: view.schedule.toGameTime(now.nowMs) ?? 0,
      scored: scoring === 'count',
    }),
    violations: violationsOf(limits, now, wanted),
    confirmation: confirmationFor(chosen.length, teamIds.length, limits.maxTeams),
  };
}

/** Sees to it that a preview is of the same request, would strike the same teams, and is not too old. @throws PaydayError `wrong_state` */
export function checkPreview(wanted: string, request: InjectRequest, plan: InjectPreview): void {
  const expiresAt = Number(wanted.split('.')[0]);
  const chosen = plan.teams.filter((team) => team.struck).map(({ teamId }) => teamId);
  if (previewId(request, chosen, expiresAt) !== wanted)
    throw new PaydayError(
      'wrong_state',
      'What was shown is no longer what would happen: other teams would be struck, or the request was changed. Preview it again.',
    );
  if (plan.madeAt >= expiresAt)
    throw new PaydayError('wrong_state', 'The preview is too old. Preview it again.');
}

/** The hash ties what was shown to what is asked for; it protects against mistakes, not against anybody. */
function previewId(request: InjectRequest, chosen: readonly string[], expiresAt: number): string {
  const { gameId, kind, serviceId, params, ttlMs, label, scoring = 'count' } = request;
  const sortedParams = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = [
    gameId,
    kind,
    serviceId,
    sortedParams,
    ttlMs,
    label,
    scoring,
    [...chosen].sort(),
    expiresAt,
  ];
  return `${expiresAt}.${createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)}`;
}

/** Event-wide: everybody, or more teams than the scenario lets pass without a second thought. */
function confirmationFor(struck: number, ofTeams: number, maxTeams: number): InjectPreview['confirmation'] {
  if (struck === ofTeams && ofTeams > 1)
    return { type: `ALL ${ofTeams} TEAMS`, why: 'it strikes every team of the game' };
  if (struck > maxTeams)
    return { type: `${struck} TEAMS`, why: `it strikes more than ${maxTeams} teams at once` };
  return null;
}

/** Whom the request strikes, of those that can be reached. */
function chosenOf(request: InjectRequest, situation: Situation, reachable: readonly string[]): string[] {
  const { view, now, strikes } = situation;
  const { teams, serviceId } = request;
  const wanted = teams === 'all' || typeof teams === 'number' ? teams : [...teams];
  if (typeof wanted !== 'number')
    return resolveTargets({ id: '', teams: wanted }, reachable, view.seed, strikes);
  // Those that are to be left in peace are chosen only if there are not enough others; then the limit says no.
  const limits = limitsOf(view);
  const cools = (id: string): boolean => coolingUntil(limits, now, id, serviceId) !== null;
  const eligible = reachable.filter((id) => !cools(id));
  const pool = eligible.length >= wanted ? eligible : reachable;
  // Other draws for other injections; the same one for a preview and the command that follows.
  const total = [...strikes.values()].reduce((sum, count) => sum + count, 0);
  return resolveTargets({ id: `by-hand/${total}`, teams: wanted }, pool, view.seed, strikes);
}

function whySpared(
  { teams, serviceId }: InjectRequest,
  { view, now, strikes }: Situation,
  teamId: string,
  { reachable, struck }: { reachable: ReadonlySet<string>; struck: ReadonlySet<string> },
): string {
  const isAsked = typeof teams === 'number' || teams === 'all' || teams.includes(teamId);
  if (!isAsked) return 'it was not asked for';
  if (!reachable.has(teamId)) return 'the driver has no way to this team';
  const cools = (id: string): boolean => coolingUntil(limitsOf(view), now, id, serviceId) !== null;
  if (cools(teamId) && ![...struck].some(cools)) return 'it is to be left in peace after a fault';
  const strikesOf = (id: string): number => strikes.get(id) ?? 0;
  return [...struck].every((id) => strikesOf(id) < strikesOf(teamId))
    ? 'other teams were struck less'
    : 'the draw fell on others among those that were struck as often';
}

function checkRequest(request: InjectRequest, { view, driver, now }: Situation): void {
  const { kind, serviceId, params, teams, ttlMs, label } = request;
  const state = view.schedule.stateAt(now.nowMs);
  if (state !== 'running')
    throw new PaydayError('wrong_state', `Faults strike only while the game is running; it is ${state}.`);
  const services = view.scenario.services.map(({ id }) => id);
  if (!services.includes(serviceId))
    throw new PaydayError(
      'unknown_service',
      `There is no service "${serviceId}"; there are ${services.join(', ')}.`,
    );
  if (!Number.isSafeInteger(ttlMs) || ttlMs < FAULT_LIMITS.minTtlMs || ttlMs > FAULT_LIMITS.maxTtlMs)
    throw new PaydayError(
      'bad_request',
      `ttlMs is the time to live in whole milliseconds, from ${FAULT_LIMITS.minTtlMs} to ${FAULT_LIMITS.maxTtlMs}; got ${ttlMs}.`,
    );
  if (typeof label !== 'string' || label.trim() === '' || label.length > MAX_LABEL_LENGTH)
    throw new PaydayError(
      'bad_request',
      `label is what the audience reads, 1 to ${MAX_LABEL_LENGTH} characters.`,
    );
  if (typeof teams === 'number' && (!Number.isSafeInteger(teams) || teams < 1))
    throw new PaydayError(
      'bad_request',
      `teams is "all", a whole number from 1 on, or a list of team ids; got ${teams}.`,
    );
  if (teams !== 'all' && typeof teams !== 'number') {
    if (teams.length === 0)
      throw new PaydayError('bad_request', 'teams is an empty list: name at least one team.');
    const known = new Set(view.teams.map(({ id }) => id));
    const unknown = teams.filter((id) => !known.has(id));
    if (unknown.length > 0)
      throw new PaydayError(
        'unknown_team',
        `Not in this game: ${unknown.join(', ')}; there are ${[...known].join(', ')}.`,
      );
  }
  driver.checkParams(kind, params);
}
