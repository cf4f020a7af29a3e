import type { ChaosLimits, GameEvent, Scenario, TeamInfo, TimelineEntry } from '#contracts';
import type { TeamStanding } from '#faults';
import {
  DEFAULT_CHAOS_LIMITS,
  GameSchedule,
  applyGameEvent,
  changedTeam,
  dueEntries,
  nextEntryAt,
} from '#scenario';

/** The orchestrator's projection of one game, from its events alone. */
export interface GameView {
  readonly gameId: string;
  readonly seed: string;
  readonly scenario: Scenario;
  /** In the order in which they joined. */
  readonly teams: readonly TeamInfo[];
  /** URL by `<team id> <service id>`. */
  readonly endpoints: ReadonlyMap<string, string>;
  readonly schedule: GameSchedule;
  /** When each team was first ranked with an endpoint registered, epoch ms: from then on, fairness applies to it. */
  readonly inPlaySince: ReadonlyMap<string, number>;
}

/**
 * Returns the view after an event of the game; null until the game was created. Irrelevant and repeated events return the same
 * view. @throws PaydayError of `applyGameEvent` if the event is invalid in this state.
 */
export function applyToView(view: GameView | null, event: GameEvent): GameView | null {
  if (event.type === 'dev.payday.game.created') {
    if (view !== null) return view;
    const { gameId, seed, scenario } = event.data;
    const schedule = GameSchedule.lobby(scenario.pay.windowMs);
    return {
      gameId,
      seed,
      scenario,
      schedule,
      teams: [],
      endpoints: new Map(),
      inPlaySince: new Map(),
    };
  }
  if (view === null) return null;
  const next = afterEvent(view, event);
  return next === view ? view : recordInPlay(next, event.time);
}

function afterEvent(view: GameView, event: GameEvent): GameView {
  switch (event.type) {
    case 'dev.payday.team.added': {
      const { team } = event.data;
      return view.teams.some(({ id }) => id === team.id) ? view : { ...view, teams: [...view.teams, team] };
    }
    case 'dev.payday.team.changed': {
      const { team } = event.data;
      const teams = view.teams.map((known) => (known.id === team.id ? changedTeam(known, team) : known));
      return teams.every((each, index) => each === view.teams[index]) ? view : { ...view, teams };
    }
    case 'dev.payday.endpoint.changed': {
      const { teamId, serviceId, url } = event.data;
      const endpoints = new Map(view.endpoints);
      if (url === null) endpoints.delete(`${teamId} ${serviceId}`);
      else endpoints.set(`${teamId} ${serviceId}`, url);
      return { ...view, endpoints };
    }
    default: {
      const schedule = applyGameEvent(view.schedule, event);
      return schedule === view.schedule ? view : { ...view, schedule };
    }
  }
}

function recordInPlay(view: GameView, at: number): GameView {
  const came = view.teams.filter(
    (team) => team.ranked && !view.inPlaySince.has(team.id) && hasDeployed(view, team.id),
  );
  if (came.length === 0) return view;
  const inPlaySince = new Map(view.inPlaySince);
  for (const { id } of came) inPlaySince.set(id, at);
  return { ...view, inPlaySince };
}

/** Whether a team has an endpoint of a service, or of any. */
export function hasDeployed({ endpoints, scenario }: GameView, teamId: string, serviceId?: string): boolean {
  const services = serviceId === undefined ? scenario.services.map(({ id }) => id) : [serviceId];
  return services.some((id) => endpoints.has(`${teamId} ${id}`));
}

/** Returns the standing of each team for fairness, in the order in which they joined. */
export function standingsOf(view: GameView): TeamStanding[] {
  return view.teams.map(({ id: teamId, ranked }) => ({
    teamId,
    inPlay: ranked && hasDeployed(view, teamId),
    inPlaySince: view.inPlaySince.get(teamId) ?? null,
  }));
}

export function limitsOf({ scenario }: GameView): Readonly<ChaosLimits> {
  return scenario.chaos ?? DEFAULT_CHAOS_LIMITS;
}

/** A timeline entry that is due now. */
export interface DueNow {
  entry: TimelineEntry;
  /** When it was due, epoch ms. */
  dueAt: number;
  /** Game time since then; pauses do not count. */
  lateMs: number;
}

/**
 * Returns the timeline entries that are due and not done, in order; none unless the game is running.
 * @param upPercent share of the ranked teams that have every service up
 */
export function dueNow(
  view: GameView,
  done: ReadonlySet<string>,
  nowMs: number,
  upPercent: number,
): DueNow[] {
  const { scenario, schedule } = view;
  const gameMs = schedule.toGameTime(nowMs);
  if (gameMs === null || schedule.stateAt(nowMs) !== 'running') return [];
  return dueEntries(scenario, done, gameMs, upPercent).map(({ entry, dueAtMs }) => ({
    entry,
    dueAt: schedule.toWallTime(dueAtMs) ?? nowMs,
    lateMs: gameMs - dueAtMs,
  }));
}

/** Returns the entries of a finished game that were due but never ran. */
export function missedEntries(view: GameView, done: ReadonlySet<string>, nowMs: number): TimelineEntry[] {
  const { scenario, schedule } = view;
  const endMs = isOver(view, nowMs) && schedule.endsAt !== null ? schedule.toGameTime(schedule.endsAt) : null;
  if (endMs === null) return [];
  return scenario.timeline.filter(({ id, atMs }) => atMs < endMs && !done.has(id));
}

/** Returns when to check the game again, epoch ms: at its next entry or its end. Null: only an event can change anything. */
export function nextLookAt(view: GameView, done: ReadonlySet<string>, nowMs: number): number | null {
  const { scenario, schedule } = view;
  const { startsAt, endsAt, pauses } = schedule;
  if (startsAt === null) return null;
  const gameMs = schedule.toGameTime(nowMs)!;
  // An entry that is due at the exact start of a pause is still to come.
  const from = schedule.stateAt(nowMs) === 'running' ? gameMs : gameMs - 1;
  const { atMs } = nextEntryAt(scenario, done, from);
  const entryAt = atMs === null ? null : schedule.toWallTime(atMs);
  const endIsKnown = pauses.at(-1)?.untilAt !== null;
  const times = [entryAt, endIsKnown ? endsAt : null];
  const ahead = times.filter((at): at is number => at !== null && at > nowMs);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

/** Whether the game is over. */
export function isOver(view: GameView, nowMs: number): boolean {
  const state = view.schedule.stateAt(nowMs);
  return state === 'ended' || state === 'sealed';
}
