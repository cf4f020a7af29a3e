import type { GameEvent, Scenario, TeamScore } from '#contracts';
import { GameSchedule, applyScheduleEvent } from '#game';
import { phaseAt } from '#scenario';
import { EventBuilder, buildScenario } from '#testing';
import { Retimer } from './retimer.js';
import { ScoreHistory } from './score-history.js';

const START = 1_795_000_000_000;
const NOW = 1_800_000_000_000;

describe('Retimer', () => {
  const make = new EventBuilder('g');
  const scenario: Scenario = buildScenario({
    load: [
      { atMs: 0, label: 'Opening', requestsPerSecond: {}, rampMs: 0 },
      { atMs: 10_000, label: 'Rush', requestsPerSecond: {}, rampMs: 3000 },
    ],
  });
  const recorded: GameEvent[] = [
    make.created(scenario),
    make.make('dev.payday.game.scheduled', { startsAt: START, endsAt: START + 20_000 }),
    make.make('dev.payday.game.paused', { fromAt: START + 7000, reason: 'lunch' }),
    make.make('dev.payday.game.resumed', { fromAt: START + 12_000, endsAt: START + 25_000 }),
    make.make('dev.payday.game.ended', { endsAt: START + 24_000 }),
    make.make('dev.payday.game.sealed', { sealedAt: START + 24_777 }),
  ];

  it.each([0.3, 1, 3, 7, 60, 100])(
    'at speed %p all times still fit together, and the game is as long as announced',
    (speed) => {
      const retimer = new Retimer({ windowMs: 1000, startsAt: START }, speed, NOW);
      expect(Math.abs(retimer.speed / speed - 1)).toBeLessThan(0.05);
      const played = recorded.map((event) => retimer.event(event));
      const [created] = played;
      if (created?.type !== 'dev.payday.game.created') throw new Error('the game is created first');
      // applyScheduleEvent refuses everything that lies off a window boundary or doesn't add up.
      const schedule = played.reduce(
        applyScheduleEvent,
        GameSchedule.lobby(created.data.scenario.pay.windowMs),
      );
      const endsAt = NOW + 24 * retimer.windowMs;
      expect(schedule).toMatchObject({ startsAt: NOW, endsAt, ended: true });
      expect(schedule.pauses).toEqual([
        { fromAt: NOW + 7 * retimer.windowMs, untilAt: NOW + 12 * retimer.windowMs },
      ]);
      expect(schedule.sealedAt).toBeGreaterThanOrEqual(endsAt);
      const phase = (windows: number): string =>
        phaseAt(created.data.scenario, windows * retimer.windowMs).label;
      expect([phase(9), phase(11)]).toEqual(['Opening', 'Rush']);
    },
  );

  it('moves when a team was changed, and nothing of what it became', () => {
    const retimer = new Retimer({ windowMs: 1000, startsAt: START }, 2, NOW);
    const changed = { ...make.teamChanged('a'), time: START + 3000 };
    expect(retimer.event(changed)).toEqual({ ...changed, time: NOW + 1500 });
  });

  it('moves the promise of a score, but not one that was never given', () => {
    const retimer = new Retimer({ windowMs: 1000, startsAt: START }, 2, NOW);
    const score = { asOf: START + 3000, salaryCents: 5 } as TeamScore;
    expect(retimer.score(score)).toEqual({ asOf: NOW + 1500, salaryCents: 5 });
    expect(retimer.score({ ...score, asOf: 0 }).asOf).toBe(0);
  });
});

describe('ScoreHistory', () => {
  it('stays bounded, and a line ends where the salary is', () => {
    const history = new ScoreHistory('g', 10);
    history.add({ teamId: 'a', asOf: 0, salaryCents: 1 } as TeamScore);
    for (let i = 1; i <= 20_000; i++) history.add({ teamId: 'a', asOf: i * 5, salaryCents: i } as TeamScore);
    const [line] = history.read(2000).series;
    expect(line!.at.length).toBeGreaterThan(500);
    expect(line!.at.length).toBeLessThan(1200);
    expect(line!.at.every((at, i) => at === line!.salaryCents[i]! * 5)).toBe(true);
    const thin = history.read(7).series[0]!;
    expect(thin.at.length).toBeLessThanOrEqual(7);
    expect(thin.at.at(-1)).toBe(line!.at.at(-1));
  });
});
