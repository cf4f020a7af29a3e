import fc from 'fast-check';
import { planAssignment } from './group-plan.js';

const setups = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.uniqueArray(fc.nat(12), { maxLength: 8 }))
  .chain(([partitions, members]) =>
    fc.tuple(
      fc.array(fc.option(fc.nat(12)), { minLength: partitions, maxLength: partitions }),
      fc.constant(members),
    ),
  );

const counts = (plan: (number | null)[], members: number[]): number[] =>
  members.map((member) => plan.filter((planned) => planned === member).length);

describe('planAssignment', () => {
  it('assigns every partition, evenly', () => {
    fc.assert(
      fc.property(setups, ([last, members]) => {
        const plan = planAssignment(last, members);
        expect(plan).toHaveLength(last.length);
        if (members.length === 0) return expect(plan.every((planned) => planned === null)).toBe(true);
        expect(plan.every((planned) => planned !== null && members.includes(planned))).toBe(true);
        const each = counts(plan, members);
        expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('moves as few partitions as an even share allows', () => {
    fc.assert(
      fc.property(setups, ([last, members]) => {
        fc.pre(members.length > 0);
        const plan = planAssignment(last, members);
        const kept = plan.filter((planned, i) => planned === last[i]).length;
        const [before, after] = [counts(last, members), counts(plan, members)];
        const possible = before.reduce((sum, count, i) => sum + Math.min(count, after[i]!), 0);
        expect(kept).toBe(possible);
      }),
    );
  });

  it('an unchanged group keeps its plan', () => {
    fc.assert(
      fc.property(setups, ([last, members]) => {
        const plan = planAssignment(last, members);
        expect(planAssignment(plan, members)).toEqual(plan);
      }),
    );
  });
});
