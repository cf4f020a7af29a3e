import { Inject, Injectable } from '@nestjs/common';
import { PaydayError } from '#kernel';
import { type AuditActor, type GameEntity, GameStore } from '#persistence';
import { sameName } from '#scenario';
import { endpointUrl } from '../endpoint-url.js';
import { GameChanges, type Happening, refuseSealed } from '../game-changes.js';
import { type NewTeams, type TeamsSource, readTeams } from './read-teams.js';

/** A game's teams: added one by one or from a file, also while the game runs. Results of theirs score from then on. */
@Injectable()
export class TeamService {
  constructor(
    @Inject(GameChanges) private readonly changes: GameChanges,
    @Inject(GameStore) private readonly store: GameStore,
  ) {}

  /**
   * Adds all teams of a source, or none. What is wrong is told before anything is locked.
   * @throws PaydayError `invalid_teams_file`, `team_exists` (somebody was faster), `unknown_game`, `game_over`
   */
  async add(game: GameEntity, source: TeamsSource, actor: AuditActor): Promise<NewTeams> {
    const services = game.scenario.services.map((service) => service.id);
    const added = readTeams(source, services, await this.store.teams(game.id));
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
      await this.store.insertTeams(manager, game.id, added.teams, endpoints);
      return {
        action: 'teams.added',
        details: { teams: added.teams.map((team) => team.id) },
        happenings: [
          ...added.teams.map((team): Happening => ({ type: 'dev.payday.team.added', data: { team } })),
          ...endpoints.map((data): Happening => ({ type: 'dev.payday.endpoint.changed', data })),
        ],
      };
    });
    return { teams: added.teams, endpoints };
  }
}

export const MAX_TEAMS = 1000;

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
