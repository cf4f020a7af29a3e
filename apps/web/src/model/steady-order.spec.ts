import fc from 'fast-check';
import type { StandingRow } from '#contracts';
import { STEADY_MS, steadyOrder, type ShownOrder } from './steady-order.js';

/** Standings of these salaries: in order, equal ones with equal ranks, the unranked last. */
function board(salaries: Record<string, number>, unranked: readonly string[] = []): StandingRow[] {
  const isRanked = (id: string) => !unranked.includes(id);
  const ids = Object.keys(salaries).sort(
    (a, b) => Number(isRanked(b)) - Number(isRanked(a)) || salaries[b]! - salaries[a]! || (a < b ? -1 : 1),
  );
  return ids.map((id) => ({
    rank: isRanked(id)
      ? 1 + ids.filter((other) => isRanked(other) && salaries[other]! > salaries[id]!).length
      : null,
    rankChange: 0,
    team: { id, name: id, color: '#fff', ranked: isRanked(id) },
    salaryCents: salaries[id]!,
    payPerMinuteCents: 7 * salaries[id]!,
    trend: { oneMinuteCents: 0, fiveMinutesCents: 0 },
    services: [],
  }));
}
const shown = (standings: readonly StandingRow[]): unknown[] =>
  standings.map(({ team, rank, salaryCents }) => [rank, team.id, salaryCents]);
const places = (standings: readonly StandingRow[]): unknown[] =>
  standings.map(({ team, rank }) => [rank, team.id]);

describe('steadyOrder', () => {
  const first = steadyOrder(null, board({ a: 10, b: 9 }), 0);

  it('shows new salaries at once while the places stay', () => {
    expect(shown(steadyOrder(first, board({ a: 12, b: 11 }), 1).standings)).toEqual([
      [1, 'a', 12],
      [2, 'b', 11],
    ]);
  });

  it('keeps the places for a while, and the salaries with them; pay is the latest', () => {
    const held = steadyOrder(first, board({ a: 11, b: 12 }), STEADY_MS - 1);
    expect(shown(held.standings)).toEqual([
      [1, 'a', 10],
      [2, 'b', 9],
    ]);
    expect(held.standings.map(({ payPerMinuteCents }) => payPerMinuteCents)).toEqual([77, 84]);
    const moved = steadyOrder(held, board({ a: 12, b: 13 }), STEADY_MS);
    expect(shown(moved.standings)).toEqual([
      [1, 'b', 13],
      [2, 'a', 12],
    ]);
    expect(moved.movedAt).toBe(STEADY_MS);
  });

  it('keeps the object of an unchanged row', () => {
    const latest = board({ a: 11, b: 12 });
    const held = steadyOrder(first, latest, 1);
    const [before, after] = [held.standings, steadyOrder(held, latest, 2).standings];
    expect(after.every((row, index) => row === before[index])).toBe(true);
  });

  it('shows a team that joins or leaves at once', () => {
    expect(shown(steadyOrder(first, board({ a: 10, b: 9, c: 20 }), 1).standings)).toHaveLength(3);
    expect(shown(steadyOrder(first, board({ a: 10, c: 20 }), 1).standings)).toEqual([
      [1, 'c', 20],
      [2, 'a', 10],
    ]);
  });

  /** Boards of few or many teams with salaries so close that they tie and swap all the time, and the time between them. */
  const game = fc.integer({ min: 1, max: 20 }).chain((teams) => {
    const ids = Array.from({ length: teams }, (_, index) => `team-${index}`);
    const frame = fc.record({
      afterMs: fc.nat(STEADY_MS / 2),
      salaries: fc.record(Object.fromEntries(ids.map((id) => [id, fc.integer({ min: -4, max: 4 })]))),
    });
    return fc.record({ frames: fc.array(frame, { minLength: 1 }), unranked: fc.subarray(ids) });
  });

  test('property: no row shows a rank that contradicts the salaries shown beside it', () => {
    fc.assert(
      fc.property(game, ({ frames, unranked }) => {
        let order: ShownOrder | null = null;
        let nowMs = 0;
        for (const { afterMs, salaries } of frames) {
          nowMs += afterMs;
          order = steadyOrder(order, board(salaries, unranked), nowMs);
          const ranked = order.standings.filter(({ rank }) => rank !== null);
          const amounts = Object.fromEntries(ranked.map(({ team, salaryCents }) => [team.id, salaryCents]));
          expect(places(ranked)).toEqual(places(board(amounts)));
        }
      }),
    );
  });

  test('property: the board shown is that of one moment, no older than places are kept', () => {
    fc.assert(
      fc.property(game, ({ frames, unranked }) => {
        let order: ShownOrder | null = null;
        let nowMs = 0;
        const moments: { at: number; rows: unknown[] }[] = [];
        for (const { afterMs, salaries } of frames) {
          nowMs += afterMs;
          const latest = board(salaries, unranked);
          moments.push({ at: nowMs, rows: shown(latest) });
          order = steadyOrder(order, latest, nowMs);
          const recent = moments.filter(({ at }) => nowMs - at < STEADY_MS);
          expect(recent.map(({ rows }) => rows)).toContainEqual(shown(order.standings));
        }
      }),
    );
  });
});
