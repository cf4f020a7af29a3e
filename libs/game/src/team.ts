import type { TeamInfo } from '#contracts';

/** The team after a change; the same object if nothing differs. The id never changes. */
export function changedTeam(team: TeamInfo, change: Partial<Omit<TeamInfo, 'id'>>): TeamInfo {
  const { name = team.name, color = team.color, ranked = team.ranked } = change;
  if (name === team.name && color === team.color && ranked === team.ranked) return team;
  return { id: team.id, name, color, ranked };
}
