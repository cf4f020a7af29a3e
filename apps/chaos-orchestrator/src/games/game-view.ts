import type { ChaosLimits, GameEvent, TeamInfo, TimelineEntry } from '#contracts';
import type { TeamStanding } from '#faults';
import { Game } from '#game';
import { DEFAULT_CHAOS_LIMITS, dueEntries, nextEntryAt } from '#scenario';

/** The orchestrator's projection of one game, replaced by each event that changes it. */
export interface GameView extends Pick<Game, 'gameId' | 'seed' | 'scenario' | 'schedule' | 'endpoints'> {
  readonly game: Game;
  /** In the order in which they joined. */
  readonly teams: readonly TeamInfo[];
  /** When each team was first ranked with an endpoint registered, epoch ms: from then on, fairness applies to it. */
  readonly inPlaySince: ReadonlyMap<string, number>;
}

/**
 * The view after an event of the game; null until the game was created. Redelivered events, and those that do not concern
 * the game, return the same view. @throws PaydayError of `Game.apply` if the event does not fit the game.
 */
export function applyToView(view: GameView | null, event: GameEvent): GameView | null {
  if (view === null) {
    if (event.type !== 'dev.payday.game.created') return null;
    const game = new Game(event);
    const { gameId, seed, scenario, schedule, endpoints } = game;
    return { game, gameId, seed, scenario, schedule, endpoints, teams: [], inPlaySince: new Map() };
  }
  const { game } = view;
  if (!game.apply(event)) return view;
  switch (event.type) {
    case 'dev.payday.team.added':
    case 'dev.payday.team.changed': {
      const next = { ...view, teams: [...game.teams.values()] };
      return noteInPlay(next, event.data.team.id, event.time);
    }
    case 'dev.payday.endpoint.changed':
      return noteInPlay({ ...view }, event.data.teamId, event.time);
    default:
      return game.schedule === view.schedule ? view : { ...view, schedule: game.schedule };
  }
}

function noteInPlay(view: GameView, teamId: string, at: number): GameView {
  const isNew = !view.inPlaySince.has(teamId) && view.game.teams.get(teamId)?.ranked === true;
  if (!isNew || !hasDeployed(view, teamId)) return view;
  return { ...view, inPlaySince: new Map(view.inPlaySince).set(teamId, at) };
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
  const gameMs = schedule.toGameTime(nowMs);
  if (gameMs === null) return null;
  // An entry that is due at the exact start of a pause is still to come.
  const from = schedule.stateAt(nowMs) === 'running' ? gameMs : gameMs - 1;
  const { atMs } = nextEntryAt(scenario, done, from);
  const entryAt = atMs === null ? null : schedule.toWallTime(atMs);
  const times = [entryAt, schedule.knownEndAt];
  const ahead = times.filter((at): at is number => at !== null && at > nowMs);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

/** Whether the game is over. */
export function isOver(view: GameView, nowMs: number): boolean {
  const state = view.schedule.stateAt(nowMs);
  return state === 'ended' || state === 'sealed';
}
