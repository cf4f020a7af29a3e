import { Body, Controller, Delete, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { GameEventData } from '#contracts';
import { PaydayError } from '#kernel';
import { CurrentPrincipal, type Principal, Roles } from '#runtime';
import { actorOf } from '../actor.js';
import { GameService } from '../game-service.js';
import { EndpointLimiter } from '../teams/endpoint-limiter.js';
import { assertIsTeam, assertScope } from './access.js';
import { parseBody, parseQuery } from './parse.js';
import { ADJUSTMENT, ANNOUNCEMENT, ApiProblems, ENDPOINT } from './responses.js';
import { adjustmentBody, announcementBody, endpointBody, gameQuery } from './schemas.js';

@ApiTags('games')
@Controller('api/v1')
export class ChangesController {
  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(EndpointLimiter) private readonly limiter: EndpointLimiter,
  ) {}

  @Put('teams/:id/endpoints/:serviceId')
  @Roles('facilitator', 'team')
  @ApiOperation({
    summary: 'Say where a team runs a service',
    description:
      '`url: null` takes the endpoint away. A team token changes its own team’s endpoints only, and each of them five times at ' +
      'once, then once every two seconds. An address that is another team’s service is refused, unless a facilitator says ' +
      '`shared: true`, or the scenario asks for no proof.',
  })
  @ApiParam({ name: 'id', description: 'Id of the team' })
  @ApiParam({ name: 'serviceId', description: 'Id of the service' })
  @ApiQuery({ name: 'game', required: false, description: 'Id of a game; default: the newest' })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['url'],
      properties: {
        url: { type: 'string', nullable: true, example: 'https://fenrir.example/router' },
        shared: {
          type: 'boolean',
          default: false,
          description: 'For facilitators: it may be another team’s address',
        },
      },
    },
  })
  @ApiOkResponse({ schema: ENDPOINT })
  @ApiProblems(
    'bad_request',
    'invalid_query',
    'unauthenticated',
    'forbidden',
    'unknown_game',
    'unknown_team',
    'unknown_service',
    'endpoint_taken',
    'game_over',
    'too_many_requests',
  )
  async setEndpoint(
    @Param('id') teamId: string,
    @Param('serviceId') serviceId: string,
    @Query() query: unknown,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<{ teamId: string; serviceId: string; url: string | null }> {
    assertIsTeam(principal, teamId);
    const { url, shared } = parseBody(endpointBody, body);
    if (shared === true && principal.role !== 'facilitator')
      throw new PaydayError('forbidden', 'shared: only a facilitator lets two teams share an address.');
    const { id, scenario } = await this.games.game(parseQuery(gameQuery, query).game ?? principal.gameId);
    assertScope(principal, id);
    // Facilitators are trusted, and put many teams right in a hurry.
    if (principal.role === 'team' && scenario.services.some((service) => service.id === serviceId))
      this.limiter.takeToken(id, teamId, serviceId);
    const stored = await this.games.setEndpoint(id, teamId, serviceId, url, actorOf(principal), { shared });
    return { teamId, serviceId, url: stored };
  }

  @Delete('teams/:id/endpoints/:serviceId')
  @HttpCode(204)
  @Roles('facilitator', 'team')
  @ApiOperation({
    summary: 'Take an endpoint away',
    description: 'As setting it to null. Repeatable. A team token changes its own team’s endpoints only.',
  })
  @ApiParam({ name: 'id', description: 'Id of the team' })
  @ApiParam({ name: 'serviceId', description: 'Id of the service' })
  @ApiQuery({ name: 'game', required: false, description: 'Id of a game; default: the newest' })
  @ApiNoContentResponse()
  @ApiProblems(
    'invalid_query',
    'unauthenticated',
    'forbidden',
    'unknown_game',
    'unknown_team',
    'unknown_service',
    'game_over',
    'too_many_requests',
  )
  async removeEndpoint(
    @Param('id') teamId: string,
    @Param('serviceId') serviceId: string,
    @Query() query: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    await this.setEndpoint(teamId, serviceId, query, { url: null }, principal);
  }

  @Post('announcements')
  @Roles('facilitator')
  @ApiOperation({
    summary: 'Tell everybody something',
    description:
      'Its text appears on the leaderboard’s ticker; a picture and a video may go with it, for pages of your own.',
  })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['text'],
      properties: {
        game: { type: 'string', description: 'Id of a game; default: the newest' },
        text: { type: 'string', minLength: 1, maxLength: 500 },
        pictureUrl: { type: 'string', description: 'http(s), or a path of this server' },
        videoUrl: { type: 'string', description: 'http(s), or a path of this server' },
      },
    },
  })
  @ApiCreatedResponse({ schema: ANNOUNCEMENT })
  @ApiProblems('bad_request', 'unauthenticated', 'forbidden', 'unknown_game')
  async announce(
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<GameEventData['dev.payday.announcement.made']> {
    const { game, ...announcement } = parseBody(announcementBody, body);
    const { id } = await this.games.game(game ?? principal.gameId);
    assertScope(principal, id);
    return this.games.announce(id, announcement, actorOf(principal));
  }

  @Post('adjustments')
  @Roles('facilitator')
  @ApiOperation({
    summary: 'Give or take an amount by hand',
    description: 'It appears in the ledger of the window of now, with the reason.',
  })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['teamId', 'cents', 'reason'],
      properties: {
        game: { type: 'string', description: 'Id of a game; default: the newest' },
        teamId: { type: 'string' },
        cents: { type: 'integer', description: 'Not 0; negative takes' },
        reason: { type: 'string', minLength: 1, maxLength: 200, description: 'Shown to everybody' },
      },
    },
  })
  @ApiCreatedResponse({ schema: ADJUSTMENT })
  @ApiProblems(
    'bad_request',
    'unauthenticated',
    'forbidden',
    'unknown_game',
    'unknown_team',
    'wrong_state',
    'game_over',
  )
  async adjust(
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<GameEventData['dev.payday.adjustment.made']> {
    const { game, ...adjustment } = parseBody(adjustmentBody, body);
    const { id } = await this.games.game(game ?? principal.gameId);
    assertScope(principal, id);
    return this.games.adjust(id, adjustment, actorOf(principal));
  }
}
