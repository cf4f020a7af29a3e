import { Body, Controller, Get, Headers, Inject, Param, Post, Query } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { TeamInfo } from '#contracts';
import type { Clock } from '#kernel';
import { GameStore } from '#persistence';
import { CLOCK, CurrentPrincipal, type Principal, Roles } from '#runtime';
import { actorOf } from '../actor.js';
import { GameService } from '../game-service.js';
import { CONTROL_OPTIONS, type ControlOptions } from '../options.js';
import { assertScope, assertUnscoped } from './access.js';
import { gameBody, type GameBody } from './game-body.js';
import { readNewGame } from './new-game.js';
import { parseQuery } from './parse.js';
import { ApiProblems, GAME, GAMES, TEAMS } from './responses.js';
import { gameQuery } from './schemas.js';

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
  @ApiOperation({ summary: 'All games, newest first' })
  @ApiOkResponse({ schema: GAMES })
  @ApiProblems('unauthenticated', 'forbidden')
  async list(@CurrentPrincipal() principal: Principal): Promise<{ games: GameBody[] }> {
    const games = (await this.store.list()).filter(
      (game) => principal.gameId === undefined || principal.gameId === game.id,
    );
    const nowMs = this.clock.nowMs();
    return { games: await Promise.all(games.map((game) => gameBody(game, this.store, nowMs))) };
  }

  @Get('games/:id')
  @Roles('facilitator', 'read-only')
  @ApiOperation({ summary: 'One game with its pauses' })
  @ApiParam({ name: 'id', description: 'Id of the game' })
  @ApiOkResponse({ schema: GAME })
  @ApiProblems('unauthenticated', 'forbidden', 'unknown_game')
  async one(@Param('id') gameId: string, @CurrentPrincipal() principal: Principal): Promise<GameBody> {
    assertScope(principal, gameId);
    return gameBody(await this.games.game(gameId), this.store, this.clock.nowMs());
  }

  @Post('games')
  @Roles('facilitator')
  @ApiOperation({
    summary: 'Make a game in the lobby',
    description:
      'From a scenario, as docs/writing-a-scenario.md describes it: YAML text or JSON. As `application/yaml` the body is the ' +
      'scenario alone; teams are added later. The newest game is the one that the leaderboard shows.',
  })
  @ApiConsumes('application/json', 'application/yaml')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['scenario'],
      properties: {
        id: { type: 'string', description: 'Default: made from the scenario’s id' },
        scenario: {
          description: 'The scenario: its text (YAML or JSON), or the JSON itself',
          oneOf: [{ type: 'string' }, { type: 'object' }],
        },
        teams: {
          type: 'array',
          maxItems: 1000,
          description: 'As in a teams file: {id?, name, color?, ranked?, endpoints?}',
          items: { type: 'object' },
        },
        speed: {
          type: 'number',
          minimum: 0.1,
          maximum: 100,
          default: 1,
          description: 'How many times faster than written the scenario’s timeline runs',
        },
      },
    },
  })
  @ApiCreatedResponse({ schema: GAME })
  @ApiProblems(
    'bad_request',
    'invalid_scenario',
    'invalid_teams_file',
    'unauthenticated',
    'forbidden',
    'game_exists',
    'payload_too_large',
    'unsupported_media_type',
  )
  async create(
    @Body() body: unknown,
    @Headers('content-type') contentType: string | undefined,
    @CurrentPrincipal() principal: Principal,
  ): Promise<GameBody> {
    assertUnscoped(principal);
    const wanted = readNewGame(body, contentType, this.options.faultRules);
    const game = await this.games.create(wanted, actorOf(principal));
    return gameBody(game, this.store, this.clock.nowMs());
  }

  @Get('teams')
  @ApiOperation({
    summary: 'Teams of a game',
    description: 'Public. Of the newest game unless one is named.',
  })
  @ApiQuery({ name: 'game', required: false, description: 'Id of a game' })
  @ApiOkResponse({ schema: TEAMS })
  @ApiProblems('invalid_query', 'unknown_game')
  async teams(
    @Query() query: unknown,
  ): Promise<{ gameId: string; teams: Pick<TeamInfo, 'id' | 'name' | 'color'>[] }> {
    const { id } = await this.games.game(parseQuery(gameQuery, query).game);
    const teams = await this.store.teams(id);
    return { gameId: id, teams: teams.map(({ id, name, color }) => ({ id, name, color })) };
  }
}
