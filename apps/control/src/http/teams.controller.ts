import { Body, Controller, Get, Headers, Inject, Param, Patch, Post } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import {
  FullTeam,
  FullTeams,
  ListedTeams,
  NewTeam,
  NewTeamBody,
  TeamChange,
  type TeamInfo,
} from '#contracts/api';
import { PaydayError } from '#kernel';
import { type Endpoint, GameStore } from '#persistence';
import { ApiEndpoint, CurrentPrincipal, type Principal, Roles } from '#runtime';
import { parseTeamChange } from '#scenario';
import { actorOf } from '../actor.js';
import { GameService } from '../game-service.js';
import type { TeamsSource } from '../teams/read-teams.js';
import { sharedAddresses } from '../teams/shared-addresses.js';
import { TeamService } from '../teams/team-service.js';
import { assertScope } from './access.js';
import { bodyText } from './files.js';
import { parseBody } from './parse.js';

@ApiTags('games')
@Controller('api/v1/games/:id/teams')
export class TeamsController {
  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(TeamService) private readonly teams: TeamService,
    @Inject(GameStore) private readonly store: GameStore,
  ) {}

  @Get()
  @Roles('facilitator', 'read-only')
  @ApiEndpoint({
    summary: 'Teams of a game, for facilitators with their endpoints',
    description:
      'And, in `sharedAddresses`, the servers that more than one team names. A read-only token sees no address.',
    params: { id: 'Id of the game' },
    answer: ListedTeams,
    problems: ['unauthenticated', 'forbidden', 'unknown_game'],
  })
  async list(@Param('id') gameId: string, @CurrentPrincipal() principal: Principal): Promise<ListedTeams> {
    assertScope(principal, gameId);
    const { id } = await this.games.game(gameId);
    if (principal.role !== 'facilitator') return { teams: await this.store.teams(id) };
    // In this order, each endpoint has its team even if one joins in between.
    const endpoints = await this.store.endpoints(id);
    const teams = withEndpoints(await this.store.teams(id), endpoints);
    return { teams, sharedAddresses: sharedAddresses(endpoints) };
  }

  @Post()
  @Roles('facilitator')
  @ApiEndpoint({
    summary: 'Add a team, also while the game runs',
    description: 'Its results score from then on; it does not get what it missed.',
    params: { id: 'Id of the game' },
    body: NewTeam,
    status: 201,
    answer: FullTeam,
    problems: [
      'bad_request',
      'unauthenticated',
      'forbidden',
      'unknown_game',
      'team_exists',
      'endpoint_taken',
      'game_over',
      'invalid_teams_file',
    ],
  })
  async add(
    @Param('id') gameId: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<FullTeam> {
    const team = parseBody(NewTeamBody, body);
    const [added] = await this.addTeams(gameId, { teams: [team] }, principal);
    return added!;
  }

  @Patch(':teamId')
  @Roles('facilitator')
  @ApiEndpoint({
    summary: 'Change a team’s name or colour, or whether it is ranked',
    description:
      'At once, also while the game runs or is frozen, until it is sealed. What is left out stays as it is; the id never changes. ' +
      'No money changes. Repeatable.',
    params: { id: 'Id of the game', teamId: 'Id of the team' },
    body: TeamChange,
    answer: FullTeam,
    problems: [
      'bad_request',
      'unauthenticated',
      'forbidden',
      'unknown_game',
      'unknown_team',
      'team_exists',
      'game_over',
    ],
  })
  async change(
    @Param('id') gameId: string,
    @Param('teamId') teamId: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<FullTeam> {
    assertScope(principal, gameId);
    const team = await this.teams.change(gameId, teamId, parseTeamChange(body), actorOf(principal));
    const endpoints = await this.store.endpoints(gameId);
    return withEndpoints(
      [team],
      endpoints.filter((endpoint) => endpoint.teamId === teamId),
    )[0]!;
  }

  @Post('import')
  @Roles('facilitator')
  @ApiConsumes('text/csv', 'application/yaml')
  @ApiBody({
    schema: {
      type: 'string',
      example: 'name,color,endpoints.router\nFenrir Works,#e4572e,http://10.0.0.1:8080\n',
    },
  })
  @ApiEndpoint({
    summary: 'Add the teams of a file: all of them, or none',
    description:
      'CSV with a header line (`name`, and where wanted `id`, `color`, `ranked`, `endpoints.<service id>`), or YAML ' +
      '(`teams: [{name: …}]`), at most 1000 teams. Every mistake is reported with its line.',
    params: { id: 'Id of the game' },
    status: 201,
    answer: FullTeams,
    problems: [
      'unauthenticated',
      'forbidden',
      'unknown_game',
      'team_exists',
      'endpoint_taken',
      'game_over',
      'invalid_teams_file',
      'payload_too_large',
      'unsupported_media_type',
    ],
  })
  async import(
    @Param('id') gameId: string,
    @Body() body: unknown,
    @Headers('content-type') contentType: string | undefined,
    @CurrentPrincipal() principal: Principal,
  ): Promise<FullTeams> {
    const format = formatOf(contentType);
    const source: TeamsSource = { format, text: bodyText(body, 'invalid_teams_file') };
    return { teams: await this.addTeams(gameId, source, principal) };
  }

  private async addTeams(gameId: string, source: TeamsSource, principal: Principal): Promise<FullTeam[]> {
    assertScope(principal, gameId);
    const added = await this.teams.add(await this.games.game(gameId), source, actorOf(principal));
    return withEndpoints(added.teams, added.endpoints);
  }
}

function formatOf(contentType: string | undefined): 'csv' | 'yaml' {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === 'text/csv') return 'csv';
  if (/^(application|text)\/(x-)?yaml$/.test(type)) return 'yaml';
  throw new PaydayError(
    'unsupported_media_type',
    `Send a file as text/csv or application/yaml, not as ${type === '' ? 'nothing' : type}.`,
  );
}

function withEndpoints(teams: readonly TeamInfo[], endpoints: readonly Endpoint[]): FullTeam[] {
  const byTeam = new Map(teams.map((team) => [team.id, {} as Record<string, string>]));
  for (const { teamId, serviceId, url } of endpoints) byTeam.get(teamId)![serviceId] = url;
  return teams.map((team) => ({ ...team, endpoints: byTeam.get(team.id)! }));
}
