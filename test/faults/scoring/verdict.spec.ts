import { compare } from './verdict.js';

const SERVED = 'ants|3|router|served|ants';
const FAILED = 'ants|3|router|failed|ants';
const RIGHT = new Map([
  [SERVED, { count: 10, cents: 70 }],
  [FAILED, { count: 2, cents: -22 }],
]);
const NO_SALARIES = new Map<string, { salary: number; sum: number }>();

/** The result of `compare` for the right ledger after a change. */
function after(change: (ledger: Map<string, { count: number; cents: number }>) => unknown) {
  const ledger = new Map(RIGHT);
  change(ledger);
  const { examples, ...numbers } = compare(RIGHT, ledger, NO_SALARIES);
  return { ...numbers, examples: examples.length };
}

describe('the judge of ledgers', () => {
  it('finds nothing wrong with the right one', () => {
    expect(after(() => undefined)).toEqual({
      lost: 0,
      double: 0,
      wrongRows: 0,
      wrongSalaries: 0,
      examples: 0,
    });
  });

  it('sees a result that is missing, and a row', () => {
    expect(after((ledger) => ledger.set(SERVED, { count: 9, cents: 63 }))).toMatchObject({ lost: 1 });
    expect(after((ledger) => ledger.delete(FAILED))).toMatchObject({ lost: 2, wrongRows: 1 });
  });

  it('sees a result that counts twice, and a row too many; one row does not make up for another', () => {
    const both = after((ledger) => {
      ledger.set(SERVED, { count: 11, cents: 77 });
      ledger.set(FAILED, { count: 1, cents: -11 });
    });
    expect(both).toMatchObject({ lost: 1, double: 1, wrongRows: 2 });
    const extra = after((ledger) => ledger.set('bees|0|router|served|bees', { count: 3, cents: 1 }));
    expect(extra).toMatchObject({ lost: 0, double: 3, wrongRows: 1 });
  });

  it('sees a single cent, and a downtime that was not', () => {
    expect(after((ledger) => ledger.set(SERVED, { count: 10, cents: 69 }))).toMatchObject({
      lost: 0,
      double: 0,
      wrongRows: 1,
    });
    const downtime = after((ledger) => ledger.set('ants|3|router|downtime|ants', { count: 1, cents: -101 }));
    expect(downtime).toMatchObject({ double: 0, wrongRows: 1, examples: 1 });
  });

  it('sees a salary that is not the sum', () => {
    const salaries = new Map([['ants', { salary: 49, sum: 48 }]]);
    expect(compare(RIGHT, RIGHT, salaries)).toMatchObject({ wrongRows: 0, wrongSalaries: 1 });
  });
});
