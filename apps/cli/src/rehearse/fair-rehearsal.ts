import type { GameEvent, Scenario, TeamInfo } from '#contracts';
import { dealtByTimeline, type ChaosReport, type TeamStanding } from '#faults';

/** The teams as the fairness check sees them: in play once they are ranked and have an endpoint. */
export function standingsOf({
  teams,
  events,
}: {
  readonly teams: readonly TeamInfo[];
  readonly events: readonly GameEvent[];
}): TeamStanding[] {
  const since = new Map<string, number>();
  const deployed = new Map<string, Set<string>>();
  for (const { type, data, time } of events) {
    if (type !== 'dev.payday.endpoint.changed') continue;
    const services = deployed.get(data.teamId) ?? new Set();
    deployed.set(data.teamId, services);
    if (data.url === null) services.delete(data.serviceId);
    else services.add(data.serviceId);
    if (services.size > 0 && !since.has(data.teamId)) since.set(data.teamId, time);
  }
  return teams.map(({ id: teamId, ranked }) => ({
    teamId,
    inPlay: ranked && (deployed.get(teamId)?.size ?? 0) > 0,
    inPlaySince: ranked ? (since.get(teamId) ?? null) : null,
  }));
}

/**
 * How far apart a rehearsal may leave the teams, cents: one typical fault. A timeline of few and unequal faults cannot be dealt that
 * evenly by anyone; then the bound is the timeline's own spread, plus half a fault for strikes that came a moment late.
 */
export function allowedSpreadCents(scenario: Scenario, { teams, typicalCents }: ChaosReport): number {
  const inPlay = teams.filter((team) => team.inPlay).map(({ teamId }) => teamId);
  if (inPlay.length === 0) return typicalCents;
  const planned = [...dealtByTimeline(scenario, inPlay).values()];
  const spread = Math.max(...planned) - Math.min(...planned);
  return Math.max(typicalCents, spread + Math.floor(typicalCents / 2));
}
