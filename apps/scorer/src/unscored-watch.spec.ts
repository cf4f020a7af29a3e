import fc from 'fast-check';
import { UnscoredWatch, WATCH_SPAN_MS } from './unscored-watch.js';

test('the share covers the last minute, whatever the order of sizes', () => {
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    scored: fc.integer({ min: 0, max: 50 }),
    unscored: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const watch = new UnscoredWatch();
      const added: { at: number; scored: number; unscored: number }[] = [];
      let nowMs = 5_000_000;
      for (const { afterMs, scored, unscored } of steps) {
        nowMs += afterMs;
        watch.add(scored, unscored, nowMs);
        added.push({ at: nowMs, scored, unscored });
        // In whole seconds: the oldest one is left out entirely.
        const recent = added.filter(
          ({ at }) => Math.floor(at / 1000) > Math.floor((nowMs - WATCH_SPAN_MS) / 1000),
        );
        const lost = recent.reduce((sum, each) => sum + each.unscored, 0);
        const all = recent.reduce((sum, each) => sum + each.scored + each.unscored, 0);
        expect(watch.share(nowMs)).toBe(all === 0 ? 0 : lost / all);
      }
      expect(watch.share(nowMs + WATCH_SPAN_MS + 1000)).toBe(0);
    }),
  );
});

test('it warns above one percent, not at it, and not twice within a minute', () => {
  const watch = new UnscoredWatch();
  watch.add(99, 1, 1_000);
  expect(watch.warning(1_000)).toBeNull();
  watch.add(0, 1, 2_000);
  expect(watch.warning(2_000)).toEqual({ results: 101, unscored: 2, percent: 1.98 });
  watch.add(0, 50, 40_000);
  expect(watch.warning(40_000)).toBeNull();
  expect(watch.warning(62_000)).toEqual({ results: 50, unscored: 50, percent: 100 });
});

test('without results there is no warning', () => {
  expect(new UnscoredWatch().warning(1_000)).toBeNull();
});
