import { buildScenario } from '#testing';
import { CompiledPay } from './pay.js';

test('pay is whole cents, rounded down, up to the largest amounts that a scenario allows', () => {
  const { pay } = buildScenario();
  const rules = { ...pay, market: { ...pay.market, ownPercent: 997 } };
  const compiled = new CompiledPay({ ...rules, speedBands: [{ upToMs: 1000, cents: 999_999 }] }, [
    { id: 'catalog', weightPercent: 999 },
  ]);
  for (let ok = 2_999_000; ok <= 3_000_000; ok++) {
    const exact = (BigInt(ok) * 999_999n * 999n * 997n) / 10_000n;
    expect(compiled.servedCents(0, [ok, 0], false)).toBe(Number(exact));
  }
});
