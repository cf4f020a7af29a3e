import fc from 'fast-check';
import { ByteReader, ByteWriter } from './bytes.js';
import { RecentPay } from './recent-pay.js';

const SPAN = 20;

describe('RecentPay', () => {
  it('sums like a map of windows in any order of pay, also after being stored at any point', () => {
    const step = fc.record({
      back: fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(SPAN) }),
      ahead: fc.nat(2),
      cents: fc.integer({ min: -500, max: 500 }),
      store: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let pay = new RecentPay(SPAN);
        const model = new Map<number, number>();
        let highest = 0;
        for (const { back, ahead, cents, store } of steps) {
          highest += ahead;
          const index = Math.max(0, highest - back);
          pay.add(index, cents);
          model.set(index, (model.get(index) ?? 0) + cents);
          pay.forgetBelow(highest - SPAN);
          if (store) {
            const out = new ByteWriter();
            pay.write(out);
            // Written twice, because the encoding of older windows is cached.
            const again = new ByteWriter();
            pay.write(again);
            expect(again.finish()).toEqual(out.finish());
            pay = RecentPay.read(SPAN, new ByteReader(out.finish()));
          }
          for (const from of [highest - SPAN, highest - 3, highest]) {
            let sum = 0;
            for (const [window, earned] of model) if (window >= from && window <= highest) sum += earned;
            expect(pay.sum(from, highest)).toBe(sum);
          }
        }
      }),
    );
  });

  it('stays small however far ahead a window lies', () => {
    const pay = new RecentPay(SPAN);
    pay.add(0, 1);
    pay.add(1_000_000_000, 5);
    const out = new ByteWriter();
    pay.write(out);
    expect(out.finish().length).toBeLessThan(100);
    expect(pay.sum(0, 1_000_000_000)).toBe(5);
  });
});
