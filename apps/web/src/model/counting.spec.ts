import fc from 'fast-check';
import { Counting, COUNT_MS } from './counting.js';

describe('Counting', () => {
  it('counts to the new value, and stays there', () => {
    const counting = new Counting<string>();
    counting.set('a', 100, 200, 1_000);
    expect([...counting.step(1_000)]).toEqual([['a', 100]]);
    const [[, halfway]] = [...counting.step(1_000 + COUNT_MS / 2)] as [[string, number]];
    expect(halfway).toBeGreaterThan(150);
    expect([...counting.step(1_000 + COUNT_MS)]).toEqual([['a', 200]]);
    expect(counting.size).toBe(0);
  });

  it('settles: all figures reach their targets at once', () => {
    const counting = new Counting<string>();
    counting.set('a', 100, 200, 0);
    counting.set('b', 90, 0, 0);
    expect([...counting.settle()]).toEqual([
      ['a', 200],
      ['b', 0],
    ]);
    expect(counting.size).toBe(0);
  });

  test('property: figures that are in order in every frame are in order at any time', () => {
    // Only changed values are set, as figures do; frames arrive before the figures reach their targets.
    const frame = fc.record({
      afterMs: fc.nat(COUNT_MS),
      salaries: fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 4, maxLength: 4 }),
      changes: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.integer({ min: 1, max: 90 }), (frames, stepMs) => {
        const counting = new Counting<number>();
        const shown = [30, 20, 10, 0];
        let targets = [...shown];
        let nowMs = 0;
        const look = (atMs: number) => {
          for (const [index, value] of counting.step(atMs)) shown[index] = value;
          expect(shown).toEqual([...shown].sort((a, b) => b - a));
        };
        for (const { afterMs, salaries, changes } of frames) {
          for (let at = nowMs; at < nowMs + afterMs; at += stepMs) look(at);
          nowMs += afterMs;
          const before = targets;
          const wanted = targets.map((target, index) => (changes[index] ? salaries[index]! : target));
          targets = wanted.sort((a, b) => b - a);
          targets.forEach((to, index) => {
            if (to === before[index]) return;
            if (to === shown[index]) counting.delete(index);
            else counting.set(index, shown[index]!, to, nowMs);
          });
        }
        look(nowMs + COUNT_MS);
        expect(shown).toEqual(targets);
      }),
    );
  });
});
