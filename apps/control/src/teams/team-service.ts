import { Inject, Injectable } from '@nestjs/common';
import type { TeamInfo } from '#contracts';
import { changedTeam } from '#game';
import { PaydayError } from '#kernel';
import { type AuditActor, type Endpoint, type GameEntity, GameStore } from '#persistence';
import { type TeamChange, proofPolicy, sameName } from '#scenario';
import { endpointUrl } from '../endpoint-url.js';
import { GameChanges, type DomainEvent, refuseSealed, unknownTeam } from '../game-changes.js';
import { proofSha256, proofsFor } from './proof.js';
import { type NewTeams, type TeamsSource, readTeams } from './read-teams.js';
import { refuseDuplicates } from './shared-addresses.js';

/**
 * A game's teams: added one by one or from a file, also while the game runs (their results score from then on), and
 * changed until the game is sealed.
 */
@Injectable()
export class TeamService {
  constructor(
    @Inject(GameChanges) private readonly changes: GameChanges,
    @Inject(GameStore) private readonly store: GameStore,
  ) {}

  /**
   * Adds all teams of a source, or none. Mistakes are reported before anything is locked.
   * @throws PaydayError `invalid_teams_file`, `team_exists` and `endpoint_taken` (lost a race), `unknown_game`, `game_over`
   */
  async add(game: GameEntity, source: TeamsSource, actor: AuditActor): Promise<NewTeams> {
    const services = game.scenario.services.map((service) => service.id);
    const mayShare = proofPolicy(game.scenario) === 'off';
    const taken = withUrls(await this.store.teams(game.id), await this.store.endpoints(game.id));
    const added = readTeams(source, services, taken, { mayShare });
    const proven = proofsFor(added.teams);
    const endpoints = added.endpoints.map((each) => ({ ...each, url: endpointUrl(each.url) }));
    await this.changes.change(game.id, actor, async (current, manager) => {
      refuseSealed(current);
      const known = await this.store.teams(game.id, manager);
      refuseKnown(added, known);
      if (known.length + added.teams.length > MAX_TEAMS)
        throw new PaydayError(
          'invalid_teams_file',
          `A game has at most ${MAX_TEAMS} teams; it has ${known.length}.`,
        );
      if (!mayShare) refuseDuplicates(endpoints, await this.store.endpoints(game.id, manager));
      await this.store.insertTeams(manager, game.id, proven, endpoints);
      return {
        action: 'teams.added',
        details: { teams: added.teams.map((team) => team.id) },
        events: [
          ...proven.map(teamAdded),
          ...endpoints.map((data): DomainEvent => ({ type: 'dev.payday.endpoint.changed', data })),
        ],
      };
    });
    return { teams: added.teams, endpoints };
  }

  /**
   * Gives a team another name or colour, or takes it in or out of the ranking, at once. Without a difference there is no
   * event. Resolves to the team as it is then.
   * @throws PaydayError `unknown_game`, `unknown_team`, `team_exists` (another team has the name), `game_over`
   */
  async change(gameId: string, teamId: string, wanted: TeamChange, actor: AuditActor): Promise<TeamInfo> {
    let team: TeamInfo | undefined;
    await this.changes.change(gameId, actor, async (game, manager) => {
      refuseSealed(game);
      const teams = await this.store.teams(gameId, manager);
      const before = teams.find(({ id }) => id === teamId);
      if (before === undefined) throw unknownTeam(teamId);
      team = changedTeam(before, wanted);
      if (team === before) return { since: null };
      refuseSameName(team, teams);
      await this.store.updateTeam(manager, gameId, team);
      return {
        action: 'team.changed',
        subject: { team: teamId },
        details: difference(before, team),
        events: [{ type: 'dev.payday.team.changed', data: { team } }],
      };
    });
    return team!;
  }
}

export const MAX_TEAMS = 1000;

/** The event of a new team, with only the hash of its proof. */
export function teamAdded({ proof, ...team }: TeamInfo & { proof: string }): DomainEvent {
  return { type: 'dev.payday.team.added', data: { team, proofSha256: proofSha256(proof) } };
}

function withUrls(
  teams: readonly TeamInfo[],
  endpoints: readonly Endpoint[],
): (TeamInfo & { endpoints: string[] })[] {
  const byTeam = new Map(teams.map((team) => [team.id, [] as string[]]));
  for (const { teamId, url } of endpoints) byTeam.get(teamId)?.push(url);
  return teams.map((team) => ({ ...team, endpoints: byTeam.get(team.id)! }));
}

function refuseKnown({ teams }: NewTeams, known: readonly { id: string; name: string }[]): void {
  const ids = new Set(known.map(({ id }) => id));
  const names = new Set(known.map(({ name }) => sameName(name)));
  for (const { id, name } of teams)
    if (ids.has(id) || names.has(sameName(name)))
      throw new PaydayError(
        'team_exists',
        `A team with the id "${id}" or the name "${name}" was added meanwhile.`,
      );
}

/** A team may spell its own name in other letters. */
function refuseSameName(team: TeamInfo, teams: readonly TeamInfo[]): void {
  const other = teams.find(({ id, name }) => id !== team.id && sameName(name) === sameName(team.name));
  if (other !== undefined)
    throw new PaydayError(
      'team_exists',
      `The game has a team called "${other.name}" already; choose another name.`,
    );
}

/** The fields that differ, before and after. */
function difference(before: TeamInfo, after: TeamInfo): { from: Partial<TeamInfo>; to: Partial<TeamInfo> } {
  const keys = (['name', 'color', 'ranked'] as const).filter((key) => before[key] !== after[key]);
  const only = (team: TeamInfo) => Object.fromEntries(keys.map((key) => [key, team[key]]));
  return { from: only(before), to: only(after) };
}
