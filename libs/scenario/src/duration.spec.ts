import fc from 'fast-check';
import { formatDuration, parseDuration } from './index.js';

describe('parseDuration', () => {
  it.each([
    ['10m', 600_000],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['0.1s', 100],
    ['1m30s250ms', 90_250],
    ['250', 250],
    ['0s', 0],
    [1500, 1500],
    [0, 0],
  ])('reads %p', (value, ms) => expect(parseDuration(value)).toBe(ms));

  it.each(['', 's', '10', '-1s', '30m1h', '1s1s', '1.5ms', '0.0001s', '10 m', '1e3', 'NaNs', '9'.repeat(30)])(
    'refuses %p unless it is a plain number',
    (value) => expect(parseDuration(value)).toBe(value === '10' ? 10 : undefined),
  );

  it.each([1.5, -1, NaN, Infinity, null, true, [], {}])('refuses %p', (value) =>
    expect(parseDuration(value)).toBeUndefined(),
  );

  it('reads back what formatDuration writes', () => {
    fc.assert(
      fc.property(fc.nat(100_000_000), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
