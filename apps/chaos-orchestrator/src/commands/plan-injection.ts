import { createHash } from 'node:crypto';
import {
  FAULT_LIMITS,
  NO_MONEY,
  basisOf,
  chaosReport,
  expectedMoney,
  tally,
  type FaultCourse,
  type FaultDriver,
  type FaultTarget,
  type TeamChaos,
} from '#faults';
import { PaydayError } from '#kernel';
import { resolveTargets } from '#scenario';
import { hasDeployed, limitsOf, standingsOf, type GameView } from '../games/game-view.js';
import { coolingUntil, violationsOf, type ChaosNow } from '../faults/limits.js';
import { amountsOf, unitOf } from '../timeline/plan-entry.js';
import type { InjectPreview, InjectRequest, PreviewTeam } from './types.js';

/** Validity of a preview. */
const PREVIEW_VALID_MS = 60_000;
const MAX_LABEL_LENGTH = 200;

/** Everything that determines the effect of an injection. */
export interface Situation {
  view: GameView;
  driver: FaultDriver;
  targetOf(teamId: string): FaultTarget | null;
  now: ChaosNow;
  /** Faults that struck or are about to strike: the basis for choosing victims. */
  dealt: readonly FaultCourse[];
  /** What became of each fault so far. */
  courses: readonly FaultCourse[];
}

/**
 * Computes what an injection would do now. Deterministic, so a preview shows what the command will do.
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
  const had = amountsOf(tally(situation.dealt, standingsOf(view)), unitOf(request));
  const choice = { reachable, had };
  const struck = new Set(chosenOf(request, situation, choice));
  if (struck.size === 0)
    throw new PaydayError(
      'out_of_reach',
      `The ${driver.name} driver reaches none of the teams to be struck; it reaches ${[...reachable].join(', ') || 'no team'}` +
        (typeof request.teams === 'number'
          ? `, and chooses among ranked teams that have ${request.serviceId} deployed.`
          : '.'),
    );

  const { kind, serviceId, params, ttlMs, label, scoring = 'count' } = request;
  const chaos = new Map(
    chaosReport(situation.courses, standingsOf(view), now.nowMs).teams.map((team) => [team.teamId, team]),
  );
  const strike = {
    kind,
    serviceId,
    params,
    scoring,
    ttlMs,
    fromMs: view.schedule.toGameTime(now.nowMs) ?? 0,
  };
  const money = expectedMoney(view.scenario, strike);
  const rows = view.teams.map(({ id, name, ranked }): PreviewTeam => {
    const endpoint = view.endpoints.get(`${id} ${serviceId}`) ?? null;
    const activeFaults = now.unfinished.filter(({ teamId }) => teamId === id).map((info) => info.id);
    const spared = struck.has(id) ? null : whySpared(request, situation, id, { ...choice, struck });
    const team = chaos.get(id) as TeamChaos;
    // A team without an endpoint of the service loses nothing.
    const isHit = struck.has(id) && hasDeployed(view, id, serviceId);
    const { costCents, gainCents } = isHit ? money : NO_MONEY;
    return {
      ...team,
      name,
      ranked,
      struck: struck.has(id),
      spared,
      reachable: reachable.has(id),
      endpoint,
      activeFaults,
      expectedCostCents: costCents,
      expectedGainCents: gainCents,
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
    expectedCostCents: rows.reduce((sum, row) => sum + row.expectedCostCents, 0),
    expectedGainCents: rows.reduce((sum, row) => sum + row.expectedGainCents, 0),
    expectedBasis: basisOf(view.scenario, strike),
    violations: violationsOf(limits, now, wanted),
    confirmation: confirmationFor(chosen.length, teamIds.length, limits.maxTeams),
  };
}

/** Checks that a preview belongs to the same request, would strike the same teams, and is not too old. @throws PaydayError `wrong_state` */
export function checkPreview(wanted: string, request: InjectRequest, plan: InjectPreview): void {
  const expiresAt = Number(wanted.split('.')[0]);
  const chosen = plan.teams.filter((team) => team.struck).map(({ teamId }) => teamId);
  if (previewId(request, chosen, expiresAt) !== wanted)
    throw new PaydayError(
      'wrong_state',
      'The preview is outdated: other teams would be struck, or the request was changed. Preview it again.',
    );
  if (plan.madeAt >= expiresAt)
    throw new PaydayError('wrong_state', 'The preview is too old. Preview it again.');
}

/** The hash ties a preview to its request; it protects against mistakes, not against attackers. */
function previewId(request: InjectRequest, chosen: readonly string[], expiresAt: number): string {
  const { gameId, kind, serviceId, params, ttlMs, label, scoring = 'count' } = request;
  const sortedParams = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  const teams = [...chosen].sort();
  const content = [gameId, kind, serviceId, sortedParams, ttlMs, label, scoring, teams, expiresAt];
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
  return `${expiresAt}.${hash.slice(0, 22)}`;
}

/** Required for all teams, or for more teams than the scenario's limit. */
function confirmationFor(struck: number, ofTeams: number, maxTeams: number): InjectPreview['confirmation'] {
  if (struck === ofTeams && ofTeams > 1)
    return { type: `ALL ${ofTeams} TEAMS`, why: 'it strikes every team of the game' };
  if (struck > maxTeams)
    return { type: `${struck} TEAMS`, why: `it strikes more than ${maxTeams} teams at once` };
  return null;
}

interface Choice {
  readonly reachable: ReadonlySet<string>;
  /** How much each team has been dealt, in the unit of the request. */
  readonly had: ReadonlyMap<string, number>;
}

/** Chooses the teams that the request strikes, among the reachable ones. */
function chosenOf(request: InjectRequest, situation: Situation, { reachable, had }: Choice): string[] {
  const { view, now } = situation;
  const { teams, serviceId } = request;
  const wanted = teams === 'all' || typeof teams === 'number' ? teams : [...teams];
  if (typeof wanted !== 'number')
    return resolveTargets({ id: '', teams: wanted }, [...reachable], view.seed, had);
  // Teams in their cooldown are chosen only if there are not enough others; the limit then refuses the injection.
  const limits = limitsOf(view);
  const cools = (id: string): boolean => coolingUntil(limits, now, id, serviceId) !== null;
  const fit = [...reachable].filter((id) => whyUnfit(view, id, serviceId) === null);
  const eligible = fit.filter((id) => !cools(id));
  const pool = eligible.length >= wanted ? eligible : fit;
  // A different draw for each injection, but the same for a preview and its command.
  return resolveTargets({ id: `by-hand/${situation.dealt.length}`, teams: wanted }, pool, view.seed, had);
}

/** Says why a team cannot be chosen for a number of teams; null: it can. Does not apply to named teams or to `all`. */
function whyUnfit(view: GameView, teamId: string, serviceId: string): string | null {
  if (!view.teams.some(({ id, ranked }) => id === teamId && ranked)) return 'it is not ranked';
  return hasDeployed(view, teamId, serviceId) ? null : `it has no ${serviceId} deployed`;
}

function whySpared(
  { teams, serviceId }: InjectRequest,
  { view, now }: Situation,
  teamId: string,
  { reachable, had, struck }: Choice & { readonly struck: ReadonlySet<string> },
): string {
  const isAsked = typeof teams === 'number' || teams === 'all' || teams.includes(teamId);
  if (!isAsked) return 'it was not requested';
  if (!reachable.has(teamId)) return 'the driver does not reach this team';
  const unfit = whyUnfit(view, teamId, serviceId);
  if (unfit !== null) return unfit;
  const cools = (id: string): boolean => coolingUntil(limitsOf(view), now, id, serviceId) !== null;
  if (cools(teamId) && ![...struck].some(cools)) return 'it is in its cooldown after a fault';
  const of = (id: string): number => had.get(id) ?? 0;
  return [...struck].every((id) => of(id) < of(teamId))
    ? 'other teams were dealt less'
    : 'the draw chose others among those that were dealt as much';
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
