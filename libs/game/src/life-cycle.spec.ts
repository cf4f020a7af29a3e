import fc from 'fast-check';
import { GameSchedule } from './game-schedule.js';
import { type GameTimes, boundaryFrom, planEnd, planOutage, planPause, planResume } from './life-cycle.js';
import { applyScheduleEvent } from './schedule-events.js';

const START = 1_763_900_000_000;
const WINDOW = 5_000;
const LEAD = 2_000;

const game = (part: Partial<GameTimes> = {}): GameTimes => ({
  windowMs: WINDOW,
  startsAt: START,
  endsAt: START + 60_000,
  pauses: [],
  ...part,
});
const pausedFrom = (fromMs: number): GameTimes =>
  game({ pauses: [{ fromAt: START + fromMs, untilAt: null }] });

describe('boundaryFrom', () => {
  it('is the first boundary at or after, and never before the start', () => {
    expect([-9_000, 0, 1, 5_000, 5_001].map((ms) => boundaryFrom(game(), START + ms) - START)).toEqual([
      0, 0, 5_000, 5_000, 10_000,
    ]);
  });
});

describe('pause and resume', () => {
  it('take effect at a boundary at least the lead ahead, and the end moves by the pause', () => {
    expect(planPause(game(), START + 7_999, LEAD)).toBe(START + 10_000);
    expect(planPause(game(), START + 8_001, LEAD)).toBe(START + 15_000);
    expect(planResume(pausedFrom(10_000), START + 21_000, LEAD)).toEqual({
      fromAt: START + 25_000,
      endsAt: START + 75_000,
    });
  });

  it('a resume that comes before the pause began makes it empty', () => {
    expect(planResume(pausedFrom(20_000), START + 1_000, LEAD)).toEqual({
      fromAt: START + 20_000,
      endsAt: START + 60_000,
    });
  });

  it('are refused in the wrong state', () => {
    expect(() => planPause(pausedFrom(10_000), START, LEAD)).toThrow('paused already');
    expect(() => planPause(game(), START + 56_000, LEAD)).toThrow('ends before');
    expect(() => planResume(game(), START, LEAD)).toThrow('not paused');
  });
});

describe('planEnd', () => {
  it('is the planned end if that has passed, and a boundary ahead when ended early or in a pause', () => {
    expect(planEnd(game(), START + 61_000, LEAD)).toBe(START + 60_000);
    expect(planEnd(game(), START + 21_000, LEAD)).toBe(START + 25_000);
    expect(planEnd(pausedFrom(10_000), START + 100_000, LEAD)).toBe(START + 105_000);
  });
});

describe('planOutage', () => {
  it('begins at the boundary after the last heartbeat', () => {
    expect(planOutage(game(), START + 11_000, START + 40_500, LEAD)).toBe(START + 15_000);
    expect(planOutage(game(), START + 50_000, START + 900_000, LEAD)).toBe(START + 50_000);
  });

  it('moves a start that no process saw, or that is too near', () => {
    expect(planOutage(game(), START - 3_000, START + 9_000, LEAD)).toBe(START);
    expect(planOutage(game(), START - 9_000, START - 3_000, LEAD)).toBe(START);
  });

  it('continues a pause that was about to end', () => {
    const resuming = game({ pauses: [{ fromAt: START + 10_000, untilAt: START + 20_000 }] });
    expect(planOutage(resuming, START + 16_000, START + 31_000, LEAD)).toBe(START + 20_000);
  });

  it('limits a heartbeat from the future to now', () => {
    expect(planOutage(game(), START + 311_000, START + 11_000, LEAD)).toBe(START + 15_000);
  });

  it.each([
    ['the game is paused', pausedFrom(10_000), 20_000, 90_000],
    ['a pause was about to begin', pausedFrom(15_000), 11_000, 90_000],
    ['the game had ended', game(), 60_000, 90_000],
    ['the game begins much later', game(), -600_000, -500_000],
  ])('needs no pause when %s', (_, times, aliveMs, nowMs) => {
    expect(planOutage(times, START + aliveMs, START + nowMs, LEAD)).toBe(null);
  });
});

describe('any life of a game', () => {
  const step = fc.record({
    action: fc.constantFrom('pause', 'resume', 'outage', 'end'),
    afterMs: fc.integer({ min: 0, max: 30_000 }),
    /** After an outage: until customers are back. */
    bootMs: fc.integer({ min: 0, max: 30_000 }),
  });

  it('is accepted by every reader of its events, and lasts exactly its duration', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: -10_000, max: 0 }), (steps, begin) => {
        let now = START + begin;
        const times = { ...game(), pauses: [] as { fromAt: number; untilAt: number | null }[] };
        let schedule = applyScheduleEvent(GameSchedule.lobby(WINDOW), {
          type: 'dev.payday.game.scheduled',
          data: { startsAt: times.startsAt, endsAt: times.endsAt },
        });
        const paused = (fromAt: number): void => {
          times.pauses.push({ fromAt, untilAt: null });
          schedule = applyScheduleEvent(schedule, {
            type: 'dev.payday.game.paused',
            data: { fromAt, reason: '' },
          });
        };
        const resumed = (fromAt: number, endsAt: number): void => {
          times.pauses.at(-1)!.untilAt = fromAt;
          times.endsAt = endsAt;
          schedule = applyScheduleEvent(schedule, {
            type: 'dev.payday.game.resumed',
            data: { fromAt, endsAt },
          });
        };
        for (const { action, afterMs, bootMs } of steps) {
          const aliveAt = now;
          now += afterMs;
          const isPaused = times.pauses.at(-1)?.untilAt === null;
          if (!isPaused && now >= times.endsAt && action !== 'outage') return;
          if (action === 'end') {
            const endsAt = planEnd(times, now, LEAD);
            schedule = applyScheduleEvent(schedule, { type: 'dev.payday.game.ended', data: { endsAt } });
            expect(schedule.stateAt(endsAt)).toBe('ended');
            return;
          }
          if (action === 'outage') {
            const fromAt = planOutage(times, aliveAt, now, LEAD);
            if (fromAt === null) continue;
            paused(fromAt);
            expect(planOutage(times, now, now, 0)).toBe(null);
            now += bootMs;
            const plan = planResume(times, now, LEAD);
            resumed(plan.fromAt, plan.endsAt);
            // No time without customers counts.
            expect(schedule.toGameTime(plan.fromAt)).toBe(schedule.toGameTime(fromAt));
            expect(plan.fromAt).toBeGreaterThanOrEqual(now + LEAD);
          } else if (action === 'resume' && isPaused) {
            const plan = planResume(times, now, LEAD);
            resumed(plan.fromAt, plan.endsAt);
          } else if (action === 'pause' && !isPaused && boundaryFrom(times, now + LEAD) < times.endsAt) {
            try {
              paused(planPause(times, now, LEAD));
            } catch (error) {
              expect(error).toMatchObject({ code: 'wrong_state' });
            }
          }
          if (times.pauses.at(-1)?.untilAt !== null) expect(schedule.toGameTime(times.endsAt)).toBe(60_000);
        }
      }),
    );
  });
});
