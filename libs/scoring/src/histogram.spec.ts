import fc from 'fast-check';
import { LatencyHistogram, decodeHistogram, encodeHistogram } from './histogram.js';

const latencies = fc.array(fc.integer({ min: 0, max: 120_000_000 }), { minLength: 1, maxLength: 300 });

function fill(values: readonly number[]): LatencyHistogram {
  const out = new LatencyHistogram();
  for (const value of values) out.add(value);
  return out;
}

describe('LatencyHistogram', () => {
  it('gives every percentile within 1 % of the exact value', () => {
    fc.assert(
      fc.property(latencies, fc.constantFrom(1, 50, 90, 95, 99, 100), (values, percent) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.ceil((sorted.length * percent) / 100) - 1]!;
        const shown = fill(values).percentile(percent)!;
        expect(Math.abs(shown - exact)).toBeLessThanOrEqual(exact * 0.01);
      }),
    );
  });

  it('does not depend on order, and merging equals adding', () => {
    fc.assert(
      fc.property(latencies, latencies, (a, b) => {
        const merged = fill(a);
        merged.merge(fill(b));
        expect(encodeHistogram(merged)).toEqual(encodeHistogram(fill([...b, ...a].reverse())));
      }),
    );
  });

  it('survives being stored', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const stored = encodeHistogram(fill(values));
        expect(encodeHistogram(decodeHistogram(stored))).toEqual(stored);
        expect(decodeHistogram(stored).count).toBe(values.length);
      }),
    );
  });

  it('has no percentile when empty', () => {
    expect(new LatencyHistogram().percentile(95)).toBeNull();
  });
});
