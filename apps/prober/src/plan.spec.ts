import fc from 'fast-check';
import { GameSchedule, arrivals } from '#scenario';
import { buildScenario } from '#testing';
import { Plan, type Due } from './plan.js';

const START = 1_700_000_000_000;
const scenario = buildScenario({
  load: [{ atMs: 0, label: 'Opening', requestsPerSecond: { router: 7, catalog: 3 }, rampMs: 0 }],
});
const running = (change: Partial<GameSchedule> = {}): GameSchedule =>
  new GameSchedule({
    windowMs: 1000,
    startsAt: START,
    endsAt: START + scenario.durationMs,
    pauses: [],
    ended: false,
    sealedAt: null,
    ...change,
  });
const idOf = ({ team, serviceIndex, arrival }: Due<string>): string =>
  `${team}/${serviceIndex}/${arrival.index}`;

/** Ids of all arrivals of whole seconds of game time, for some teams. */
function expected(teams: readonly string[], fromSecond: number, toSecond: number): string[] {
  const ids: string[] = [];
  for (let second = fromSecond; second < toSecond; second++)
    scenario.services.forEach((service, serviceIndex) => {
      for (const arrival of arrivals(scenario, service.id, second))
        for (const team of teams) ids.push(`${team}/${serviceIndex}/${arrival.index}`);
    });
  return ids.sort();
}

describe('Plan', () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 3000 })), {
    minLength: 50,
    maxLength: 400,
  });

  it('emits every arrival once and in order, whatever the rhythm of the ticks', () => {
    fc.assert(
      fc.property(steps, (deltas) => {
        const plan = new Plan<string>(scenario, running(), START - 500);
        const dues: Due<string>[] = [];
        let now = START - 500;
        for (const delta of [...deltas, ...Array<number>(10).fill(3000)]) {
          now += delta;
          const before = plan.doneThrough;
          plan.advance(now, ['a', 'b', 'c'], (due) => {
            expect(due.intendedAt).toBeLessThanOrEqual(now);
            expect(due.intendedAt).toBeGreaterThanOrEqual(before);
            dues.push(due);
          });
          expect(plan.doneThrough).toBe(now + 1);
        }
        expect(dues.map(idOf).sort()).toEqual(expected(['a', 'b', 'c'], 0, 20));
        expect(dues.every((due, i) => i === 0 || dues[i - 1]!.intendedAt <= due.intendedAt)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('gives every team the same requests in every second, at its own phase', () => {
    const plan = new Plan<string>(scenario, running(), START);
    const dues: Due<string>[] = [];
    for (let now = START; now < START + 3000; now++) plan.advance(now, ['a', 'b'], (due) => dues.push(due));
    const of = (team: string, second: number): number[] =>
      dues
        .filter((due) => due.team === team && Math.floor((due.intendedAt - START) / 1000) === second)
        .map((due) => due.serviceIndex * 1000 + due.arrival.index)
        .sort();
    for (const second of [0, 1, 2]) expect(of('a', second)).toEqual(of('b', second));
    expect(dues.filter(({ team }) => team === 'a').map(({ intendedAt }) => intendedAt)).not.toEqual(
      dues.filter(({ team }) => team === 'b').map(({ intendedAt }) => intendedAt),
    );
  });

  it('never back-fills: a prober that starts during the game begins with the next whole second', () => {
    const plan = new Plan<string>(scenario, running(), START + 7_300);
    const dues: Due<string>[] = [];
    for (let now = START + 7_100; now < START + 30_000; now += 10)
      plan.advance(now, ['a'], (due) => dues.push(due));
    expect(dues.map(idOf).sort()).toEqual(expected(['a'], 8, 20));
  });

  it('sends nothing during a pause, and the rest of the game after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 15 }), fc.integer({ min: 1, max: 9 }), (pauseAt, length) => {
        const fromAt = START + pauseAt * 1000;
        const untilAt = fromAt + length * 1000;
        const plan = new Plan<string>(scenario, running(), START - 100);
        const dues: Due<string>[] = [];
        for (let now = START - 100; now < START + 35_000; now += 7) {
          // Announced 500 ms ahead, when the first paused second is already planned.
          if (now >= fromAt - 500 && now < fromAt - 493)
            plan.reschedule(running({ pauses: [{ fromAt, untilAt: null }] }));
          if (now >= untilAt - 500 && now < untilAt - 493)
            plan.reschedule(
              running({ pauses: [{ fromAt, untilAt }], endsAt: START + 20_000 + length * 1000 }),
            );
          plan.advance(now, ['a'], (due) => dues.push(due));
        }
        expect(dues.map(idOf).sort()).toEqual(expected(['a'], 0, 20));
        expect(dues.filter(({ intendedAt }) => intendedAt >= fromAt && intendedAt < untilAt)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('stops at an end that comes early', () => {
    const plan = new Plan<string>(scenario, running(), START);
    const dues: Due<string>[] = [];
    for (let now = START; now < START + 30_000; now += 10) {
      if (now === START + 4_500) plan.reschedule(running({ endsAt: START + 5_000, ended: true }));
      plan.advance(now, ['a'], (due) => dues.push(due));
    }
    expect(dues.map(idOf).sort()).toEqual(expected(['a'], 0, 5));
  });

  it('includes a new team from the next planned second on', () => {
    const plan = new Plan<string>(scenario, running(), START);
    const dues: Due<string>[] = [];
    for (let now = START; now < START + 30_000; now += 10)
      plan.advance(now, now < START + 4_500 ? ['a'] : ['a', 'b'], (due) => dues.push(due));
    expect(dues.map(idOf).sort()).toEqual([...expected(['a'], 0, 20), ...expected(['b'], 6, 20)].sort());
  });

  describe('under load spikes', () => {
    const spike = { id: 'storm/a', team: 'a', serviceIndex: 0, percent: 250 };
    const ofSpike = (due: Due<string>): boolean => due.spikeId === spike.id;

    /** Ticks by `steps` from the start, and adds and removes the spike at the given game times. */
    function run(steps: readonly number[], beginMs: number, endMs: number): Due<string>[] {
      const plan = new Plan<string>(scenario, running(), START - 500);
      const dues: Due<string>[] = [];
      let now = START - 500;
      for (const delta of steps) {
        for (const until of [beginMs, endMs, Infinity]) {
          const at = Math.min(now + delta, START + until);
          if (at < now) continue;
          plan.advance(at, ['a', 'b'], (due) => dues.push(due));
          if (at === START + until && until === beginMs) plan.addSpike(spike);
          if (at === START + until && until === endMs) plan.removeSpike(spike.id);
        }
        now += delta;
      }
      return dues;
    }

    it('keeps the schedule, and adds the same requests whatever the rhythm of the ticks', () => {
      const steady = run(Array<number>(2_050).fill(10), 5_000, 8_000);
      expect(
        steady
          .filter((due) => !ofSpike(due))
          .map(idOf)
          .sort(),
      ).toEqual(expected(['a', 'b'], 0, 20));
      const extra = steady.filter(ofSpike);
      // Seven a second, and two and a half times as many: 17.5.
      expect(extra.length).toBeGreaterThanOrEqual(51);
      expect(extra.length).toBeLessThanOrEqual(53);
      for (const { team, serviceIndex, intendedAt } of extra) {
        expect([team, serviceIndex]).toEqual(['a', 0]);
        expect(intendedAt).toBeGreaterThan(START + 5_000);
        expect(intendedAt).toBeLessThanOrEqual(START + 8_001);
      }
      fc.assert(
        fc.property(steps, (deltas) => {
          const dues = run([...deltas, ...Array<number>(10).fill(3_000)], 5_000, 8_000);
          expect(dues.filter(ofSpike)).toEqual(extra);
          expect(dues.every((due, i) => i === 0 || dues[i - 1]!.intendedAt <= due.intendedAt)).toBe(true);
        }),
        { numRuns: 20 },
      );
    });

    it('starts and ends within a second that is already planned', () => {
      const plan = new Plan<string>(scenario, running(), START - 500);
      const dues: Due<string>[] = [];
      const to = (ms: number): void => plan.advance(START + ms, ['a'], (due) => dues.push(due));
      to(100);
      plan.addSpike(spike);
      plan.addSpike(spike);
      to(500);
      plan.removeSpike(spike.id);
      to(5_000);
      const times = dues.filter(ofSpike).map(({ intendedAt }) => intendedAt - START);
      expect(times.length).toBeGreaterThanOrEqual(6);
      expect(times.length).toBeLessThanOrEqual(8);
      expect(Math.max(...times)).toBeLessThanOrEqual(500);
    });
  });
});
