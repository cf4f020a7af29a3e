import { Body, Controller, Get, Headers, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiConsumes, ApiTags } from '@nestjs/swagger';
import { GameInfo, GameQuery, Games, NewGameBody, NewGameQuery, PublicTeams } from '#contracts/api';
import type { Clock } from '#kernel';
import { GameStore } from '#persistence';
import { ApiEndpoint, CLOCK, CurrentPrincipal, type Principal, Roles } from '#runtime';
import { actorOf } from '../actor.js';
import { GameService } from '../game-service.js';
import { CONTROL_OPTIONS, type ControlOptions } from '../options.js';
import { assertScope, assertUnscoped } from './access.js';
import { gameBody } from './game-body.js';
import { readNewGame } from './new-game.js';
import { parseQuery } from './parse.js';

@ApiTags('games')
@Controller('api/v1')
export class GamesController {
  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONTROL_OPTIONS) private readonly options: ControlOptions,
  ) {}

  @Get('games')
  @Roles('facilitator', 'read-only')
  @ApiEndpoint({
    summary: 'All games, newest first',
    answer: Games,
    problems: ['unauthenticated', 'forbidden'],
  })
  async list(@CurrentPrincipal() principal: Principal): Promise<Games> {
    const games = (await this.store.list()).filter(
      (game) => principal.gameId === undefined || principal.gameId === game.id,
    );
    const nowMs = this.clock.nowMs();
    return { games: await Promise.all(games.map((game) => gameBody(game, this.store, nowMs))) };
  }

  @Get('games/:id')
  @Roles('facilitator', 'read-only')
  @ApiEndpoint({
    summary: 'One game with its pauses',
    params: { id: 'Id of the game' },
    answer: GameInfo,
    problems: ['unauthenticated', 'forbidden', 'unknown_game'],
  })
  async one(@Param('id') gameId: string, @CurrentPrincipal() principal: Principal): Promise<GameInfo> {
    assertScope(principal, gameId);
    return gameBody(await this.games.game(gameId), this.store, this.clock.nowMs());
  }

  @Post('games')
  @Roles('facilitator')
  @ApiConsumes('application/json', 'application/yaml')
  @ApiEndpoint({
    summary: 'Make a game in the lobby',
    description:
      'From a scenario, as docs/writing-a-scenario.md describes it: YAML text or JSON. As `application/yaml` the body is the ' +
      'scenario alone; teams are added later. The leaderboard shows the newest game.',
    query: NewGameQuery,
    body: NewGameBody,
    status: 201,
    answer: GameInfo,
    problems: [
      'bad_request',
      'invalid_query',
      'invalid_scenario',
      'invalid_teams_file',
      'unauthenticated',
      'forbidden',
      'game_exists',
      'payload_too_large',
      'unsupported_media_type',
    ],
  })
  async create(
    @Body() body: unknown,
    @Query() query: unknown,
    @Headers('content-type') contentType: string | undefined,
    @CurrentPrincipal() principal: Principal,
  ): Promise<GameInfo> {
    assertUnscoped(principal);
    const { speed } = parseQuery(NewGameQuery, query);
    const wanted = readNewGame(body, contentType, this.options.faultRules, speed);
    const game = await this.games.create(wanted, actorOf(principal));
    return gameBody(game, this.store, this.clock.nowMs());
  }

  @Get('teams')
  @ApiEndpoint({
    summary: 'Teams of a game',
    description: 'Public. Of the newest game unless one is named.',
    query: GameQuery,
    answer: PublicTeams,
    problems: ['invalid_query', 'unknown_game'],
  })
  async teams(@Query() query: unknown): Promise<PublicTeams> {
    const { id } = await this.games.game(parseQuery(GameQuery, query).game);
    const teams = await this.store.teams(id);
    return { gameId: id, teams: teams.map(({ id, name, color }) => ({ id, name, color })) };
  }
}
