import type { GameEvent, Scenario, TimelineEntry } from '#contracts';
import { GameSchedule, applyGameEvent, timelineBetween } from '#scenario';

/** What the orchestrator knows of one game, from its events alone. */
export interface GameView {
  readonly gameId: string;
  readonly seed: string;
  readonly scenario: Scenario;
  /** In the order in which they joined. */
  readonly teamIds: readonly string[];
  readonly schedule: GameSchedule;
}

/**
 * The view after an event of the game; null until the game was created. Events that don't concern it, and repetitions,
 * give the same view. @throws PaydayError of `applyGameEvent` if the event makes no sense in this state.
 */
export function applyToView(view: GameView | null, event: GameEvent): GameView | null {
  if (event.type === 'dev.payday.game.created') {
    if (view !== null) return view;
    const { gameId, seed, scenario } = event.data;
    return { gameId, seed, scenario, teamIds: [], schedule: GameSchedule.lobby(scenario.pay.windowMs) };
  }
  if (view === null) return null;
  if (event.type === 'dev.payday.team.added') {
    const { id } = event.data.team;
    return view.teamIds.includes(id) ? view : { ...view, teamIds: [...view.teamIds, id] };
  }
  const schedule = applyGameEvent(view.schedule, event);
  return schedule === view.schedule ? view : { ...view, schedule };
}

export interface DueEntry {
  entry: TimelineEntry;
  /** When it was due, epoch ms. */
  dueAt: number;
  /** How much game time has passed since; time in which the game stood still does not count. */
  lateMs: number;
}

/** The timeline entries that are due and not done, in order. None unless the game is running. */
export function dueEntries(view: GameView, done: ReadonlySet<string>, nowMs: number): DueEntry[] {
  const { scenario, schedule } = view;
  const gameMs = schedule.toGameTime(nowMs);
  if (gameMs === null || schedule.stateAt(nowMs) !== 'running') return [];
  return timelineBetween(scenario, 0, gameMs + 1)
    .filter(({ id }) => !done.has(id))
    .map((entry) => ({
      entry,
      dueAt: schedule.toWallTime(entry.atMs) ?? nowMs,
      lateMs: gameMs - entry.atMs,
    }));
}

/** When to look at the game again, epoch ms: at its next entry or its end. Null: only an event can change anything. */
export function nextLookAt(view: GameView, done: ReadonlySet<string>, nowMs: number): number | null {
  const { scenario, schedule } = view;
  const { startsAt, endsAt, pauses } = schedule;
  if (startsAt === null) return null;
  const next = scenario.timeline.find(({ id }) => !done.has(id));
  const entryAt = next === undefined ? null : schedule.toWallTime(next.atMs);
  const endIsKnown = pauses.at(-1)?.toAt !== null;
  const times = [entryAt, endIsKnown ? endsAt : null];
  const ahead = times.filter((at): at is number => at !== null && at > nowMs);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

/** Whether the game is over. */
export function isOver(view: GameView, nowMs: number): boolean {
  const state = view.schedule.stateAt(nowMs);
  return state === 'ended' || state === 'sealed';
}
