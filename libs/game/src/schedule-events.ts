import type { GameEvent } from '#contracts';
import { PaydayError } from '#kernel';
import { GameSchedule } from './game-schedule.js';
import type { ScheduleFacts } from './game-schedule.js';

const PREFIX = 'dev.payday.game.';

/**
 * The schedule after an event. Events that do not concern the life cycle, and repetitions of the latest life-cycle
 * event, return the same object.
 * @throws PaydayError `invalid_transition` if the event makes no sense in this state (a pause in a pause), or
 *   `invalid_schedule` if its times do not fit: off the window boundaries, outside the game, or an end that
 *   does not move by the length of the pause.
 */
export function applyScheduleEvent(
  schedule: GameSchedule,
  event: Pick<GameEvent, 'type' | 'data'>,
): GameSchedule {
  // Pick<> on a union loses the link between type and data.
  const { type, data } = event as GameEvent;
  switch (type) {
    case 'dev.payday.game.scheduled':
      return scheduled(schedule, data.startsAt, data.endsAt);
    case 'dev.payday.game.paused':
      return paused(schedule, data.fromAt);
    case 'dev.payday.game.resumed':
      return resumed(schedule, data.fromAt, data.endsAt);
    case 'dev.payday.game.ended':
      return ended(schedule, data.endsAt);
    case 'dev.payday.game.sealed':
      return sealed(schedule, data.sealedAt);
    default:
      return schedule;
  }
}

function scheduled(schedule: GameSchedule, startsAt: number, endsAt: number): GameSchedule {
  if (schedule.startsAt === startsAt && schedule.endsAt === endsAt) return schedule;
  if (schedule.ended || schedule.pauses.length > 0)
    throw transition('scheduled', schedule.ended ? 'it was ended' : 'it was paused already');
  if (!Number.isSafeInteger(startsAt) || !Number.isSafeInteger(endsAt))
    throw invalid('scheduled', 'startsAt and endsAt must be whole epoch milliseconds');
  if (endsAt <= startsAt || (endsAt - startsAt) % schedule.windowMs !== 0)
    throw invalid(
      'scheduled',
      `the length must be a positive multiple of the window (${schedule.windowMs} ms), got ${endsAt - startsAt} ms`,
    );
  return next(schedule, { startsAt, endsAt });
}

function paused(schedule: GameSchedule, fromAt: number): GameSchedule {
  const last = schedule.pauses.at(-1);
  if (last?.untilAt === null && last.fromAt === fromAt) return schedule;
  const { endsAt } = running(schedule, 'paused');
  if (last?.untilAt === null) throw transition('paused', `it is paused from ${last.fromAt} on`);
  onBoundary(schedule, 'paused', fromAt);
  if (last !== undefined && fromAt < last.untilAt!)
    throw invalid('paused', `fromAt ${fromAt} lies within the pause that ends at ${last.untilAt}`);
  if (fromAt >= endsAt) throw invalid('paused', `fromAt ${fromAt} is not before the end (${endsAt})`);
  return next(schedule, { pauses: [...schedule.pauses, { fromAt, untilAt: null }] });
}

function resumed(schedule: GameSchedule, fromAt: number, newEndsAt: number): GameSchedule {
  const last = schedule.pauses.at(-1);
  if (last?.untilAt === fromAt && schedule.endsAt === newEndsAt && !schedule.ended) return schedule;
  const { endsAt } = running(schedule, 'resumed');
  if (last === undefined || last.untilAt !== null) throw transition('resumed', 'it is not paused');
  onBoundary(schedule, 'resumed', fromAt);
  if (fromAt < last.fromAt)
    throw invalid('resumed', `fromAt ${fromAt} is before the pause began (${last.fromAt})`);
  const expected = endsAt + (fromAt - last.fromAt);
  if (newEndsAt !== expected)
    throw invalid('resumed', `the end moves by the length of the pause to ${expected}, got ${newEndsAt}`);
  const pauses = [...schedule.pauses.slice(0, -1), { fromAt: last.fromAt, untilAt: fromAt }];
  return next(schedule, { pauses, endsAt: newEndsAt });
}

function ended(schedule: GameSchedule, at: number): GameSchedule {
  if (schedule.ended && schedule.endsAt === at) return schedule;
  const { endsAt } = running(schedule, 'ended');
  onBoundary(schedule, 'ended', at);
  if (schedule.pauses.at(-1)?.untilAt !== null && at > endsAt)
    throw invalid('ended', `endsAt ${at} is after the planned end (${endsAt})`);
  const pauses = schedule.pauses
    .filter(({ fromAt }) => fromAt < at)
    .map(({ fromAt, untilAt }) => ({ fromAt, untilAt: Math.min(untilAt ?? at, at) }));
  return next(schedule, { pauses, endsAt: at, ended: true });
}

function sealed(schedule: GameSchedule, sealedAt: number): GameSchedule {
  if (schedule.sealedAt === sealedAt) return schedule;
  if (schedule.sealedAt !== null) throw transition('sealed', `it is sealed since ${schedule.sealedAt}`);
  if (schedule.endsAt === null) throw transition('sealed', 'it was never scheduled');
  if (schedule.pauses.at(-1)?.untilAt === null) throw transition('sealed', 'it is paused; end it first');
  if (sealedAt < schedule.endsAt)
    throw invalid('sealed', `sealedAt ${sealedAt} is before the end (${schedule.endsAt})`);
  return next(schedule, { sealedAt });
}

function running(schedule: GameSchedule, what: string): { startsAt: number; endsAt: number } {
  const { startsAt, endsAt } = schedule;
  if (startsAt === null || endsAt === null) throw transition(what, 'it was never scheduled');
  if (schedule.ended) throw transition(what, `it was ended at ${endsAt}`);
  return { startsAt, endsAt };
}

function onBoundary(schedule: GameSchedule, what: string, at: number): void {
  const { startsAt, windowMs } = schedule;
  if (!Number.isSafeInteger(at) || at < startsAt! || (at - startsAt!) % windowMs !== 0)
    throw invalid(
      what,
      `${at} is not a window boundary: the start (${startsAt}) plus a multiple of ${windowMs} ms`,
    );
}

function next(schedule: GameSchedule, change: Partial<ScheduleFacts>): GameSchedule {
  const { windowMs, startsAt, endsAt, pauses, ended, sealedAt } = schedule;
  return new GameSchedule({ windowMs, startsAt, endsAt, pauses, ended, sealedAt, ...change });
}

function transition(what: string, why: string): PaydayError {
  return new PaydayError('invalid_transition', `${PREFIX}${what} refused: the game can't be ${what}, ${why}`);
}

function invalid(what: string, why: string): PaydayError {
  return new PaydayError('invalid_schedule', `${PREFIX}${what} refused: ${why}`);
}
