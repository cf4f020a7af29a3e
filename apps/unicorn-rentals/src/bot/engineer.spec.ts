import fc from 'fast-check';
import { type Random, randomStream } from '#kernel';
import { Engineer, type Observation, type Repair } from './engineer.js';

const SERVICES = ['catalog', 'pricing', 'booking', 'router'];

/** Plays seconds: `finding` says what a look at a service shows; a repair that works clears `broken`. */
class Day {
  readonly repairs: (Repair & { atMs: number })[] = [];
  readonly broken = new Map<string, Pick<Observation, 'finding' | 'latencyMs'>>();
  nowMs = 0;
  readonly engineer: Engineer;

  constructor(skill: number, random: Random = randomStream('day', 'engineer'), speed = 1) {
    this.engineer = new Engineer({ serviceIds: SERVICES, dependentIds: ['router'], skill, speed, random });
  }

  run(ms: number, stepMs = 1000): this {
    for (const end = this.nowMs + ms; this.nowMs < end; this.nowMs += stepMs) {
      const repair = this.engineer.tick(this.nowMs);
      if (repair) {
        this.repairs.push({ ...repair, atMs: this.nowMs });
        if (repair.works) this.broken.delete(repair.serviceId);
      }
      for (const serviceId of SERVICES) {
        const seen = this.broken.get(serviceId) ?? { finding: 'right', latencyMs: 20 };
        this.engineer.observe({ serviceId, startedAtMs: this.nowMs, ...seen });
      }
    }
    return this;
  }
}

/** Always in the middle: no first repair fails. */
const steady: Random = { ...randomStream('x', 'y'), unit: () => 0.5 };

describe('the bot engineer', () => {
  it('leaves a healthy company alone', () => {
    expect(new Day(0.5).run(600_000).repairs).toEqual([]);
  });

  it.each(['failed', 'wrong'] as const)(
    'repairs a service whose answers are %s, after a delay',
    (finding) => {
      const day = new Day(0.9, steady).run(10_000);
      day.broken.set('pricing', { finding, latencyMs: 3 });
      day.run(20_000);
      // Two bad looks, at 10 and 11 s; work from 12 s on, for 6.6 s.
      expect(day.repairs).toEqual([{ serviceId: 'pricing', works: true, atMs: 19_000 }]);
      expect(day.run(120_000).repairs).toHaveLength(1);
    },
  );

  it('notices slowness against what is usual', () => {
    const day = new Day(0.9, steady).run(10_000);
    day.broken.set('catalog', { finding: 'right', latencyMs: 900 });
    expect(day.run(20_000).repairs).toMatchObject([{ serviceId: 'catalog' }]);
    const slowTeam = new Day(0.9, steady);
    for (const id of SERVICES) slowTeam.broken.set(id, { finding: 'right', latencyMs: 190 });
    expect(slowTeam.run(60_000).repairs).toEqual([]);
  });

  it('notices every third request failing', () => {
    const day = new Day(0.9, steady).run(10_000);
    for (let i = 0; i < 30 && day.repairs.length === 0; i++) {
      if (i % 3 === 0) day.broken.set('booking', { finding: 'failed', latencyMs: 3 });
      else day.broken.delete('booking');
      day.run(1_000);
    }
    expect(day.repairs).toMatchObject([{ serviceId: 'booking' }]);
  });

  it('looks into what others depend on first, and not into the victim', () => {
    const day = new Day(0.9, steady).run(10_000);
    const failed = { finding: 'failed', latencyMs: 3 } as const;
    day.broken.set('router', failed).set('catalog', failed);
    day.run(8_000);
    day.broken.delete('router');
    // The look at the router began with the old version of catalog.
    expect(day.run(60_000).repairs).toMatchObject([{ serviceId: 'catalog' }]);
  });

  it('works on one service at a time', () => {
    const day = new Day(0.9, steady).run(10_000);
    day.broken.set('pricing', { finding: 'failed', latencyMs: 3 });
    day.broken.set('booking', { finding: 'failed', latencyMs: 3 });
    day.run(60_000);
    expect(day.repairs.map(({ serviceId }) => serviceId)).toEqual(['pricing', 'booking']);
    expect(day.repairs[1]!.atMs - day.repairs[0]!.atMs).toBeGreaterThanOrEqual(6_000);
  });

  it('drops the work when the trouble has gone by itself', () => {
    const day = new Day(0.1, steady).run(10_000);
    day.broken.set('pricing', { finding: 'failed', latencyMs: 3 });
    day.run(5_000);
    expect(day.engineer.workingOn).toBe('pricing');
    day.broken.delete('pricing');
    expect(day.run(60_000).repairs).toEqual([]);
  });

  it('waits longer and longer when repairs do not help', () => {
    const day = new Day(0.9, steady).run(10_000);
    for (let i = 0; i < 120; i++) {
      day.broken.set('pricing', { finding: 'right', latencyMs: 900 });
      day.run(1_000);
    }
    const at = day.repairs.map(({ atMs }) => atMs);
    expect(at.length).toBeGreaterThan(3);
    expect(at[3]! - at[2]!).toBeGreaterThan(2 * (at[1]! - at[0]!));
  });

  it('is faster with skill and with speed, and fails at first more often without skill', () => {
    const outcome = (skill: number, speed = 1) => {
      let sum = 0;
      let failedFirst = 0;
      for (let seed = 0; seed < 200; seed++) {
        const day = new Day(skill, randomStream(String(seed), 'engineer'), speed).run(10_000);
        day.broken.set('pricing', { finding: 'failed', latencyMs: 3 });
        day.run(200_000, 250);
        if (day.repairs[0]?.works === false) failedFirst++;
        sum += day.repairs.find(({ works }) => works)!.atMs - 10_000;
      }
      return { meanMs: sum / 200, failedFirst };
    };
    const [novice, expert, fast] = [outcome(0.1), outcome(0.9), outcome(0.1, 10)];
    expect(expert.meanMs).toBeLessThan(novice.meanMs / 2);
    expect(fast.meanMs).toBeLessThan(novice.meanMs / 5);
    expect(novice.failedFirst).toBeGreaterThan(40);
    expect(expert.failedFirst).toBeLessThan(40);
  });

  it('always repairs in the end, and plays the same from the same seed', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.string(),
        fc.constantFrom(...SERVICES),
        (skill, seed, id) => {
          const play = () => {
            const day = new Day(skill, randomStream(seed, 'engineer')).run(10_000);
            day.broken.set(id, { finding: 'failed', latencyMs: 3 });
            return day.run(150_000).repairs;
          };
          const repairs = play();
          expect(repairs.at(-1)).toMatchObject({ serviceId: id, works: true });
          expect(repairs.length).toBeLessThanOrEqual(2);
          expect(play()).toEqual(repairs);
        },
      ),
      { numRuns: 50 },
    );
  });
});
