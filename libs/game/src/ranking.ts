interface Paid {
  readonly teamId: string;
  readonly salaryCents: number;
}

/** By code unit, ascending. */
export function byTeamId(a: Pick<Paid, 'teamId'>, b: Pick<Paid, 'teamId'>): number {
  return a.teamId < b.teamId ? -1 : a.teamId > b.teamId ? 1 : 0;
}

/** The order of the standings: by salary, the highest first, then by team id. */
export function compareSalaries(a: Paid, b: Paid): number {
  return b.salaryCents - a.salaryCents || byTeamId(a, b);
}

/** Ranks of teams in the order of the standings: equal salaries have equal ranks, and the next rank is skipped (1, 2, 2, 4). */
export function ranksOf(sorted: readonly Pick<Paid, 'salaryCents'>[]): number[] {
  let rank = 0;
  return sorted.map(({ salaryCents }, index) => {
    if (index === 0 || sorted[index - 1]!.salaryCents !== salaryCents) rank = index + 1;
    return rank;
  });
}

/** Ranks teams by salary. Unranked teams come last, with rank null, in the same order. */
export function rankTeams<T extends Paid & { ranked: boolean }>(
  teams: readonly T[],
): (T & { rank: number | null })[] {
  const placed = teams.filter((team) => team.ranked).sort(compareSalaries);
  const others = teams.filter((team) => !team.ranked).sort(compareSalaries);
  const ranks = ranksOf(placed);
  return [
    ...placed.map((team, index) => ({ ...team, rank: ranks[index]! })),
    ...others.map((team) => ({ ...team, rank: null })),
  ];
}
