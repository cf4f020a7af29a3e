import type { StandingRow } from '#contracts';
import { CROWDED_STEADY_MS, STEADY_MS, steadyOrder } from './steady-order.js';

function rows(...teams: [id: string, salaryCents: number][]): StandingRow[] {
  return teams.map(([id, salaryCents], index) => ({
    rank: index + 1,
    rankChange: 0,
    team: { id, name: id, color: '#fff', ranked: true },
    salaryCents,
    payPerMinuteCents: 0,
    trend: { oneMinuteCents: 0, fiveMinutesCents: 0 },
    services: [],
  }));
}
const shown = (standings: readonly StandingRow[]): unknown[] =>
  standings.map(({ team, rank, salaryCents }) => [rank, team.id, salaryCents]);

describe('steadyOrder', () => {
  const first = steadyOrder(null, rows(['a', 10], ['b', 9]), 0);

  it('shows new figures at once and keeps the places for a while', () => {
    const held = steadyOrder(first, rows(['b', 12], ['a', 11]), STEADY_MS - 1);
    expect(shown(held.standings)).toEqual([
      [1, 'a', 11],
      [2, 'b', 12],
    ]);
    const moved = steadyOrder(held, rows(['b', 13], ['a', 12]), STEADY_MS);
    expect(shown(moved.standings)).toEqual([
      [1, 'b', 13],
      [2, 'a', 12],
    ]);
    expect(moved.movedAt).toBe(STEADY_MS);
  });

  it('moves places less often where many teams are on the board', () => {
    const crowd = Array.from({ length: 12 }, (_, index): [string, number] => [`team-${index}`, -index]);
    const before = steadyOrder(null, rows(['a', 10], ...crowd), 0);
    const latest = rows(['team-0', 11], ['a', 10], ...crowd.slice(1));
    expect(steadyOrder(before, latest, CROWDED_STEADY_MS - 1).standings[0]!.team.id).toBe('a');
    expect(steadyOrder(before, latest, CROWDED_STEADY_MS).standings[0]!.team.id).toBe('team-0');
  });

  it('shows a team that joins or leaves at once', () => {
    expect(shown(steadyOrder(first, rows(['c', 20], ['a', 10], ['b', 9]), 1).standings)).toHaveLength(3);
    expect(shown(steadyOrder(first, rows(['c', 20], ['a', 10]), 1).standings)).toEqual([
      [1, 'c', 20],
      [2, 'a', 10],
    ]);
  });
});
