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

  it('counts past the range of a byte, in any order, merged and stored', () => {
    const crowded = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 1, max: 900 })),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    const values = (pairs: [number, number][]): number[] =>
      pairs.flatMap(([value, times]) => new Array<number>(times).fill(value));
    fc.assert(
      fc.property(crowded, crowded, (a, b) => {
        const merged = fill(values(a));
        merged.merge(fill(values(b)));
        const all = values([...a, ...b]).sort((one, other) => other - one);
        const stored = encodeHistogram(fill(all));
        expect(encodeHistogram(merged)).toEqual(stored);
        const read = decodeHistogram(stored);
        expect(encodeHistogram(read)).toEqual(stored);
        expect(read.count).toBe(all.length);
        const exact = all[all.length - Math.ceil(all.length / 2)]!;
        expect(Math.abs(read.percentile(50)! - exact)).toBeLessThanOrEqual(exact * 0.01);
      }),
      { numRuns: 50 },
    );
  });

  it('reads the format used before counts took one byte each', () => {
    // Two non-empty buckets: 300 × 100 µs and 1 × 120 µs.
    const read = decodeHistogram(Uint8Array.of(0x82, 0, 100, 0xac, 2, 20, 1));
    expect(read.count).toBe(301);
    expect([read.percentile(99), read.percentile(100)]).toEqual([100, 120]);
  });

  it('survives a round trip through storage', () => {
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
