import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { TeamInfo } from '#contracts';
import { type GameEntity, GameStore, type Pause } from '#persistence';
import { CurrentPrincipal, type Principal, Roles } from '#runtime';
import { GameService } from '../game-service.js';
import { mustCover } from './access.js';
import { parseBody, parseQuery } from './parse.js';
import { ApiProblems, GAME, GAMES, TEAMS } from './responses.js';
import { gameQuery, pauseBody } from './schemas.js';

interface GameBody {
  id: string;
  name: string;
  state: GameEntity['state'];
  startsAt: number | null;
  endsAt: number | null;
  pausedAt: number | null;
  sealedAt: number | null;
  windowMs: number;
  durationMs: number;
  services: { id: string; letter: string }[];
  pauses: Pause[];
}

@ApiTags('games')
@Controller('api/v1')
export class GamesController {
  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(GameStore) private readonly store: GameStore,
  ) {}

  @Get('games')
  @Roles('facilitator')
  @ApiOperation({ summary: 'All games, newest first' })
  @ApiOkResponse({ schema: GAMES })
  @ApiProblems('unauthenticated', 'forbidden')
  async list(@CurrentPrincipal() principal: Principal): Promise<{ games: GameBody[] }> {
    const games = (await this.store.list()).filter(
      (game) => principal.gameId === undefined || principal.gameId === game.id,
    );
    return { games: await Promise.all(games.map((game) => this.#body(game))) };
  }

  @Get('games/:id')
  @Roles('facilitator')
  @ApiOperation({ summary: 'One game with its pauses' })
  @ApiParam({ name: 'id', description: 'Id of the game' })
  @ApiOkResponse({ schema: GAME })
  @ApiProblems('unauthenticated', 'forbidden', 'unknown_game')
  async one(@Param('id') gameId: string, @CurrentPrincipal() principal: Principal): Promise<GameBody> {
    mustCover(principal, gameId);
    return this.#body(await this.games.game(gameId));
  }

  @Post('games/:id/pause')
  @HttpCode(200)
  @Roles('facilitator')
  @ApiOperation({
    summary: 'Pause the game',
    description:
      'From a window boundary a moment ahead (`pausedAt`) nothing scores, until the game is resumed.',
  })
  @ApiParam({ name: 'id', description: 'Id of the game' })
  @ApiBody({
    required: false,
    schema: { type: 'object', properties: { reason: { type: 'string', maxLength: 200 } } },
  })
  @ApiOkResponse({ schema: GAME })
  @ApiProblems('bad_request', 'unauthenticated', 'forbidden', 'unknown_game', 'wrong_state', 'game_over')
  async pause(
    @Param('id') gameId: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<GameBody> {
    mustCover(principal, gameId);
    const { reason } = parseBody(pauseBody, body) ?? { reason: 'paused by the facilitator' };
    return this.#body(await this.games.pause(gameId, reason));
  }

  @Post('games/:id/resume')
  @HttpCode(200)
  @Roles('facilitator')
  @ApiOperation({
    summary: 'Resume a paused game',
    description:
      'From a window boundary a moment ahead. The end of the game moves by the length of the pause.',
  })
  @ApiParam({ name: 'id', description: 'Id of the game' })
  @ApiOkResponse({ schema: GAME })
  @ApiProblems('unauthenticated', 'forbidden', 'unknown_game', 'wrong_state', 'game_over')
  async resume(@Param('id') gameId: string, @CurrentPrincipal() principal: Principal): Promise<GameBody> {
    mustCover(principal, gameId);
    return this.#body(await this.games.resume(gameId));
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

  async #body(game: GameEntity): Promise<GameBody> {
    const { id, name, state, startsAt, endsAt, pausedAt, sealedAt, scenario } = game;
    return {
      id,
      name,
      state,
      startsAt,
      endsAt,
      pausedAt,
      sealedAt,
      windowMs: scenario.pay.windowMs,
      durationMs: scenario.durationMs,
      services: scenario.services.map((service) => ({ id: service.id, letter: service.letter })),
      pauses: await this.store.pauses(id),
    };
  }
}
