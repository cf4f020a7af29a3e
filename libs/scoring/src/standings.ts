/**
 * Ranks by salary: equal salaries have equal ranks and the next rank is skipped (1, 2, 2, 4). Order: salary
 * descending, then team id ascending by code unit. Unranked teams come last, with rank null.
 */
export function rankTeams<T extends { teamId: string; salaryCents: number; ranked: boolean }>(
  teams: readonly T[],
): (T & { rank: number | null })[] {
  const byPay = (a: T, b: T): number =>
    b.salaryCents - a.salaryCents || (a.teamId < b.teamId ? -1 : a.teamId > b.teamId ? 1 : 0);
  const placed = teams.filter((team) => team.ranked).sort(byPay);
  const others = teams.filter((team) => !team.ranked).sort(byPay);
  let rank = 0;
  const out: (T & { rank: number | null })[] = placed.map((team, index) => {
    if (index === 0 || placed[index - 1]!.salaryCents !== team.salaryCents) rank = index + 1;
    return { ...team, rank };
  });
  return out.concat(others.map((team) => ({ ...team, rank: null })));
}
