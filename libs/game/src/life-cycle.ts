import type { GameState } from '#contracts';
import { PaydayError } from '#kernel';
import type { FreezeFacts } from './freeze.js';
import { GameSchedule, type ScheduleFacts } from './game-schedule.js';

/** When a game runs that was scheduled and has not ended (`ScheduleFacts`). Only its last pause may be open. */
export interface GameTimes extends Pick<ScheduleFacts, 'windowMs' | 'pauses'> {
  startsAt: number;
  endsAt: number;
}

/** The first window boundary at or after an instant, and never before the game's start. */
export function boundaryFrom(times: GameTimes, at: number): number {
  const windows = Math.max(0, Math.ceil((at - times.startsAt) / times.windowMs));
  return times.startsAt + windows * times.windowMs;
}

/**
 * The boundary at which the game pauses, at least `leadMs` ahead.
 * @throws PaydayError `wrong_state` if it is already paused, or ends before the pause could begin.
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
 * The boundary at which the game resumes, at least `leadMs` ahead, and its new end.
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
  // A game that is paused may outlive its planned end, which has not been moved yet.
  if (open?.untilAt === null) return Math.max(soon, open.fromAt);
  return Math.min(soon, times.endsAt);
}

/**
 * The boundary from which the public sees no score change, at least `leadMs` ahead.
 * @throws PaydayError `wrong_state` if the game ends earlier: then there is nothing to hide.
 */
export function planFreeze(times: GameTimes, nowMs: number, leadMs: number): number {
  const fromAt = boundaryFrom(times, nowMs + leadMs);
  if (times.pauses.at(-1)?.untilAt !== null && fromAt >= times.endsAt)
    throw new PaydayError('wrong_state', 'The game ends before a freeze could begin.');
  return fromAt;
}

/**
 * When a freeze that the scenario sets by game time is due: the wall time of its boundary; null if that is after the end,
 * or unknown because of an open pause before it.
 */
export function scheduledFreezeAt(times: GameTimes, freezeAtMs: number): number | null {
  const at = new GameSchedule({ ...times, ended: false, sealedAt: null }).toWallTime(freezeAtMs);
  return at === null ? null : boundaryFrom(times, at);
}

/**
 * When a game pauses because of an outage: at the first boundary after the last sign of life; null if it need not pause. How
 * long the outage lasts is not known yet.
 *
 * - A game that is paused, or about to be, stays paused: null. (An announced pause that had not begun costs at most
 *   `leadMs` and one window of game time.)
 * - A game that was about to resume is paused from that boundary on.
 * - An outage after the end needs no pause, nor does one long before the start.
 *
 * @param lastAliveAt capped at `nowMs`, because a clock may have been ahead
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

/** Everything a game needs to continue is running within this time, with a wide margin. */
const START_WITHIN_MS = 60_000;

/** What decides whether a freeze can be lifted. */
interface FreezeState extends FreezeFacts {
  readonly state: GameState;
  readonly sealedAt: number | null;
}

/** @throws PaydayError `wrong_state` if the game is not frozen, or sealed: then it is revealed instead. */
export function assertThawable({ frozenAt, revealedAt, sealedAt }: FreezeState): void {
  if (frozenAt === null || revealedAt !== null)
    throw new PaydayError('wrong_state', 'The game is not frozen.');
  if (sealedAt !== null)
    throw new PaydayError('wrong_state', 'The game is sealed: its freeze ends when it is revealed.');
}

/** @throws PaydayError `wrong_state` if the game is not frozen, or its last results are not scored yet. */
export function assertRevealable({ frozenAt, state, sealedAt }: FreezeState): void {
  if (frozenAt === null)
    throw new PaydayError('wrong_state', 'The game is not frozen: there is nothing to reveal.');
  if (state === 'sealed') return;
  throw new PaydayError(
    'wrong_state',
    sealedAt === null
      ? 'The final standings are revealed once the game is sealed.'
      : 'The last results are being scored; the final standings can be revealed in a moment.',
  );
}
