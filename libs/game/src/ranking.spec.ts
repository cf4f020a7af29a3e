import { rankTeams } from './ranking.js';

describe('rankTeams', () => {
  it('gives equal salaries equal ranks, orders them by id, and places unranked teams last', () => {
    const team = (teamId: string, salaryCents: number, ranked = true) => ({ teamId, salaryCents, ranked });
    const ranked = rankTeams([team('d', 5), team('b', 7), team('x', 99, false), team('a', 7), team('c', 9)]);
    expect(ranked.map(({ teamId, rank }) => [teamId, rank])).toEqual([
      ['c', 1],
      ['a', 2],
      ['b', 2],
      ['d', 4],
      ['x', null],
    ]);
  });
});
