import fc from 'fast-check';
import type { GameEvent } from '#contracts';
import { GameSchedule, applyScheduleEvent } from './index.js';

const WINDOW = 5000;
const START = 1_000_123;
const END = START + 60_000;

type Step = Pick<GameEvent, 'type' | 'data'>;
const scheduled = (startsAt = START, endsAt = END): Step => ({
  type: 'dev.payday.game.scheduled',
  data: { startsAt, endsAt },
});
const paused = (fromAt: number): Step => ({ type: 'dev.payday.game.paused', data: { fromAt, reason: '' } });
const resumed = (fromAt: number, endsAt: number): Step => ({
  type: 'dev.payday.game.resumed',
  data: { fromAt, endsAt },
});
const ended = (endsAt: number): Step => ({ type: 'dev.payday.game.ended', data: { endsAt } });
const sealed = (sealedAt: number): Step => ({ type: 'dev.payday.game.sealed', data: { sealedAt } });

const after = (...steps: Step[]): GameSchedule =>
  steps.reduce(applyScheduleEvent, GameSchedule.lobby(WINDOW));
/** Paused from 10 s to 25 s. */
const PAUSED = [scheduled(), paused(START + 10_000), resumed(START + 25_000, END + 15_000)];

describe('GameSchedule', () => {
  it('begins in the lobby, where nothing scores', () => {
    const lobby = GameSchedule.lobby(WINDOW);
    expect(lobby.stateAt(START)).toBe('lobby');
    expect(lobby.toGameTime(START)).toBeNull();
    expect(lobby.toWallTime(0)).toBeNull();
    expect(lobby.windowIndexAt(START)).toBeNull();
    expect(lobby.isScored(0)).toBe(false);
    expect(lobby.isPaused(0)).toBe(false);
  });

  it('knows its state, start inclusive and end exclusive', () => {
    const schedule = after(...PAUSED, ended(END + 15_000), sealed(END + 30_000));
    const states = [-1, 0, 9_999, 10_000, 24_999, 25_000, 74_999, 75_000, 89_999, 90_000];
    expect(states.map((ms) => schedule.stateAt(START + ms))).toEqual([
      'lobby',
      'running',
      'running',
      'paused',
      'paused',
      'running',
      'running',
      'ended',
      'ended',
      'sealed',
    ]);
  });

  it('stops game time in pauses and at the end', () => {
    const schedule = after(...PAUSED);
    expect(
      [-500, 0, 10_000, 20_000, 25_000, 26_000, 75_000, 99_000].map((ms) => schedule.toGameTime(START + ms)),
    ).toEqual([-500, 0, 10_000, 10_000, 10_000, 11_000, 60_000, 60_000]);
    expect(schedule.toWallTime(10_000)).toBe(START + 25_000);
    expect(schedule.toWallTime(9_999)).toBe(START + 9_999);
    expect(schedule.toWallTime(60_000)).toBe(END + 15_000);
    expect(schedule.toWallTime(60_001)).toBeNull();
  });

  it('counts windows in wall time, of which paused ones do not score', () => {
    const schedule = after(...PAUSED);
    expect(schedule.windowIndexAt(START - 1)).toBe(-1);
    expect(schedule.windowIndexAt(START + 24_999)).toBe(4);
    expect(schedule.windowStartAt(4)).toBe(START + 20_000);
    expect([-1, 0, 1, 2, 4, 5, 14, 15].map((index) => schedule.isScored(index))).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
    expect([1, 2, 4, 5, 15].map((index) => schedule.isPaused(index))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('stays paused until it is resumed', () => {
    const schedule = after(scheduled(), paused(START + 10_000));
    expect(schedule.stateAt(END + 999_000)).toBe('paused');
    expect(schedule.toGameTime(END + 999_000)).toBe(10_000);
    expect(schedule.toWallTime(9_000)).toBe(START + 9_000);
    expect(schedule.toWallTime(10_000)).toBeNull();
    expect(schedule.isPaused(400)).toBe(true);
  });

  it('can end early, in a pause and before a pause that was only announced', () => {
    expect(after(scheduled(), ended(START + 20_000)).isScored(4)).toBe(false);
    const inPause = after(scheduled(), paused(START + 10_000), ended(START + 20_000));
    expect(inPause.pauses).toEqual([{ fromAt: START + 10_000, untilAt: START + 20_000 }]);
    expect(inPause.toGameTime(END)).toBe(10_000);
    expect(inPause.toWallTime(10_000)).toBe(START + 20_000);
    expect(inPause.toWallTime(10_001)).toBeNull();
    expect(after(scheduled(), paused(START + 10_000), ended(START + 5000)).pauses).toEqual([]);
    // A long pause outlives the planned end; the game can still be ended in it.
    expect(after(scheduled(), paused(START + 10_000), ended(END + 50_000)).stateAt(END + 50_000)).toBe(
      'ended',
    );
  });

  it('can be rescheduled until something has happened', () => {
    expect(after(scheduled(), scheduled(START + 7, END + 7)).startsAt).toBe(START + 7);
  });

  it('ignores repetitions and other events', () => {
    const steps = [...PAUSED, ended(END + 15_000), sealed(END + 15_000)];
    let schedule = GameSchedule.lobby(WINDOW);
    for (const step of steps) {
      schedule = applyScheduleEvent(schedule, step);
      expect(applyScheduleEvent(schedule, step)).toBe(schedule);
    }
    const other: Step = { type: 'dev.payday.announcement.made', data: { announcementId: 'a', text: 'Hi' } };
    expect(applyScheduleEvent(schedule, other)).toBe(schedule);
  });

  it.each<[what: string, steps: Step[], code: string, message: string]>([
    [
      'a pause in the lobby',
      [paused(START)],
      'invalid_transition',
      "dev.payday.game.paused refused: the game can't be paused, it was never scheduled",
    ],
    [
      'a pause in a pause',
      [scheduled(), paused(START), paused(START + 5000)],
      'invalid_transition',
      `dev.payday.game.paused refused: the game can't be paused, it is paused from ${START} on`,
    ],
    [
      'a pause off the boundaries',
      [scheduled(), paused(START + 1)],
      'invalid_schedule',
      `dev.payday.game.paused refused: ${START + 1} is not a window boundary: the start (${START}) plus a multiple of 5000 ms`,
    ],
    [
      'a pause before the start',
      [scheduled(), paused(START - 5000)],
      'invalid_schedule',
      `dev.payday.game.paused refused: ${START - 5000} is not a window boundary: the start (${START}) plus a multiple of 5000 ms`,
    ],
    [
      'a pause at the end',
      [scheduled(), paused(END)],
      'invalid_schedule',
      `dev.payday.game.paused refused: fromAt ${END} is not before the end (${END})`,
    ],
    [
      'a pause in an old pause',
      [...PAUSED, paused(START + 20_000)],
      'invalid_schedule',
      `dev.payday.game.paused refused: fromAt ${START + 20_000} lies within the pause that ends at ${START + 25_000}`,
    ],
    [
      'resuming what runs',
      [scheduled(), resumed(START, END)],
      'invalid_transition',
      "dev.payday.game.resumed refused: the game can't be resumed, it is not paused",
    ],
    [
      'resuming off the boundaries',
      [scheduled(), paused(START), resumed(START + 2, END + 2)],
      'invalid_schedule',
      `dev.payday.game.resumed refused: ${START + 2} is not a window boundary: the start (${START}) plus a multiple of 5000 ms`,
    ],
    [
      'resuming before the pause',
      [scheduled(), paused(START + 5000), resumed(START, END)],
      'invalid_schedule',
      `dev.payday.game.resumed refused: fromAt ${START} is before the pause began (${START + 5000})`,
    ],
    [
      'an end that does not move',
      [scheduled(), paused(START), resumed(START + 5000, END)],
      'invalid_schedule',
      `dev.payday.game.resumed refused: the end moves by the length of the pause to ${END + 5000}, got ${END}`,
    ],
    [
      'a length off the windows',
      [scheduled(START, START + 7000)],
      'invalid_schedule',
      'dev.payday.game.scheduled refused: the length must be a positive multiple of the window (5000 ms), got 7000 ms',
    ],
    [
      'an end before the start',
      [scheduled(END, START)],
      'invalid_schedule',
      'dev.payday.game.scheduled refused: the length must be a positive multiple of the window (5000 ms), got -60000 ms',
    ],
    [
      'rescheduling after a pause',
      [...PAUSED, scheduled()],
      'invalid_transition',
      "dev.payday.game.scheduled refused: the game can't be scheduled, it was paused already",
    ],
    [
      'ending late',
      [scheduled(), ended(END + 5000)],
      'invalid_schedule',
      `dev.payday.game.ended refused: endsAt ${END + 5000} is after the planned end (${END})`,
    ],
    [
      'ending twice',
      [scheduled(), ended(END), ended(START)],
      'invalid_transition',
      `dev.payday.game.ended refused: the game can't be ended, it was ended at ${END}`,
    ],
    [
      'a pause after the end',
      [scheduled(), ended(START + 5000), paused(START)],
      'invalid_transition',
      `dev.payday.game.paused refused: the game can't be paused, it was ended at ${START + 5000}`,
    ],
    [
      'sealing a running game',
      [scheduled(), sealed(START)],
      'invalid_schedule',
      `dev.payday.game.sealed refused: sealedAt ${START} is before the end (${END})`,
    ],
    [
      'sealing in a pause',
      [scheduled(), paused(START), sealed(END)],
      'invalid_transition',
      "dev.payday.game.sealed refused: the game can't be sealed, it is paused; end it first",
    ],
    [
      'sealing twice',
      [scheduled(), sealed(END), sealed(END + 1)],
      'invalid_transition',
      `dev.payday.game.sealed refused: the game can't be sealed, it is sealed since ${END}`,
    ],
  ])('refuses %s', (_, steps, code, message) => {
    let thrown: unknown;
    try {
      after(...steps);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code, message });
  });

  /** Any game of 12 windows with pauses at any boundaries, the last of them perhaps still open. */
  const schedules = fc
    .record({
      gaps: fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 6 })), {
        maxLength: 4,
      }),
      open: fc.boolean(),
    })
    .map(({ gaps, open }) => {
      let schedule = after(scheduled());
      let at = START;
      gaps.forEach(([run, pause], index) => {
        at += run * WINDOW;
        if (at >= schedule.endsAt!) return;
        schedule = applyScheduleEvent(schedule, paused(at));
        if (open && index === gaps.length - 1) return;
        at += pause * WINDOW;
        schedule = applyScheduleEvent(schedule, resumed(at, schedule.endsAt! + pause * WINDOW));
      });
      return schedule;
    });

  it('maps every game time to a wall time and back', () => {
    fc.assert(
      fc.property(schedules, fc.integer({ min: 0, max: 60_000 }), (schedule, gameMs) => {
        const at = schedule.toWallTime(gameMs);
        if (at !== null) expect(schedule.toGameTime(at)).toBe(gameMs);
        else expect(schedule.pauses.at(-1)?.untilAt).toBeNull();
      }),
    );
  });

  it('maps every wall time at which the game runs to game time and back', () => {
    fc.assert(
      fc.property(schedules, fc.integer({ min: -5000, max: 200_000 }), (schedule, ms) => {
        const at = START + ms;
        if (schedule.stateAt(at) === 'running')
          expect(schedule.toWallTime(schedule.toGameTime(at)!)).toBe(at);
      }),
    );
  });

  it('scores exactly the windows of a closed schedule in which the game runs', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const indexes = [...Array(80).keys()].map((index) => index - 2);
        for (const index of indexes)
          expect(schedule.isScored(index)).toBe(
            schedule.stateAt(schedule.windowStartAt(index)!) === 'running',
          );
        if (schedule.pauses.at(-1)?.untilAt !== null)
          expect(indexes.filter((index) => schedule.isScored(index))).toHaveLength(12);
      }),
    );
  });
});
