import { PaydayError } from '#kernel';

/** The times that define when a game runs. All are epoch ms; all but `startsAt` lie on window boundaries. */
export interface GameTimes {
  windowMs: number;
  startsAt: number;
  /** Unchanged while a pause is open; it moves when the game resumes. */
  endsAt: number;
  /** In order; they may touch, never overlap. Only the last may be open. */
  pauses: readonly { fromAt: number; untilAt: number | null }[];
}

/** The first window boundary at or after an instant, and never before the game's start. */
export function boundaryFrom(times: GameTimes, at: number): number {
  const windows = Math.max(0, Math.ceil((at - times.startsAt) / times.windowMs));
  return times.startsAt + windows * times.windowMs;
}

/**
 * When the game pauses.
 * @throws PaydayError `wrong_state` if it is paused already, or ends before the pause could begin.
 */
export function planPause(times: GameTimes, nowMs: number, leadMs: number): number {
  const last = times.pauses.at(-1);
  if (last?.untilAt === null) throw new PaydayError('wrong_state', 'The game is paused already.');
  const fromAt = Math.max(boundaryFrom(times, nowMs + leadMs), last?.untilAt ?? 0);
  if (fromAt >= times.endsAt)
    throw new PaydayError('wrong_state', 'The game ends before a pause could begin.');
  return fromAt;
}

/**
 * When the game resumes, and its new end.
 * @throws PaydayError `wrong_state` if it is not paused.
 */
export function planResume(
  times: GameTimes,
  nowMs: number,
  leadMs: number,
): { fromAt: number; endsAt: number } {
  const open = times.pauses.at(-1);
  if (open === undefined || open.untilAt !== null)
    throw new PaydayError('wrong_state', 'The game is not paused.');
  const fromAt = Math.max(boundaryFrom(times, nowMs + leadMs), open.fromAt);
  return { fromAt, endsAt: times.endsAt + fromAt - open.fromAt };
}

/** When the game ends if it is ended now: at its planned end if that is past or near, else at the next boundary. */
export function planEnd(times: GameTimes, nowMs: number, leadMs: number): number {
  const open = times.pauses.at(-1);
  const soon = boundaryFrom(times, nowMs + leadMs);
  // A paused game may outlive its planned end, which has not been moved yet.
  if (open?.untilAt === null) return Math.max(soon, open.fromAt);
  return Math.min(soon, times.endsAt);
}

/**
 * The boundary from which on the public sees no score change.
 * @throws PaydayError `wrong_state` if the game ends before: then there is nothing to hide.
 */
export function planFreeze(times: GameTimes, nowMs: number, leadMs: number): number {
  const fromAt = boundaryFrom(times, nowMs + leadMs);
  if (times.pauses.at(-1)?.untilAt !== null && fromAt >= times.endsAt)
    throw new PaydayError('wrong_state', 'The game ends before a freeze could begin.');
  return fromAt;
}

/**
 * When a freeze that the scenario sets by game time is due: the wall time of its boundary, or null while it is unknown (the
 * game is in a pause before it).
 */
export function scheduledFreezeAt(times: GameTimes, freezeAtMs: number): number | null {
  let at = times.startsAt + freezeAtMs;
  for (const { fromAt, untilAt } of times.pauses) {
    if (at < fromAt) break;
    if (untilAt === null) return null;
    at += untilAt - fromAt;
  }
  return boundaryFrom(times, at);
}

/**
 * When the pause for an outage begins, or null if none is needed: at the first boundary after the last heartbeat. How long it
 * lasts is not known yet.
 *
 * - A game that was already paused, or was about to be, stays paused: null. (A pause that was announced but had not
 *   begun costs at most `leadMs` and a window of game time.)
 * - A game that was about to resume is paused from there on.
 * - An outage after the end needs no pause, nor does one long before the start.
 *
 * @param lastAliveAt counts as `nowMs` if it is later, which happens when a clock was ahead
 */
export function planOutage(
  times: GameTimes,
  lastAliveAt: number,
  nowMs: number,
  leadMs: number,
): number | null {
  const last = times.pauses.at(-1);
  if (last?.untilAt === null) return null;
  const fromAt = Math.max(boundaryFrom(times, Math.min(lastAliveAt, nowMs)), last?.untilAt ?? 0);
  return fromAt >= times.endsAt || fromAt - nowMs > leadMs + START_WITHIN_MS ? null : fromAt;
}

/** Everything that a game needs to resume is up within this time, with a wide margin. */
const START_WITHIN_MS = 60_000;
