import { Body, Controller, Delete, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  Adjustment,
  AdjustmentBody,
  Announcement,
  AnnouncementBody,
  Endpoint,
  EndpointBody,
  GameQuery,
} from '#contracts/api';
import { PaydayError } from '#kernel';
import { ApiEndpoint, CurrentPrincipal, type Principal, Roles } from '#runtime';
import { actorOf } from '../actor.js';
import { GameService } from '../game-service.js';
import { EndpointLimiter } from '../teams/endpoint-limiter.js';
import { assertIsTeam, assertScope } from './access.js';
import { parseBody, parseQuery } from './parse.js';

const ENDPOINT_PARAMS = { id: 'Id of the team', serviceId: 'Id of the service' };

@ApiTags('games')
@Controller('api/v1')
export class ChangesController {
  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(EndpointLimiter) private readonly limiter: EndpointLimiter,
  ) {}

  @Put('teams/:id/endpoints/:serviceId')
  @Roles('facilitator', 'team')
  @ApiEndpoint({
    summary: 'Set where a team runs a service',
    description:
      '`url: null` takes the endpoint away. A team token changes only its own team’s endpoints, and each of them five times at ' +
      'once, then once every two seconds. An address that is another team’s service is refused, unless a facilitator sends ' +
      '`shared: true`, or the scenario requires no proof.',
    params: ENDPOINT_PARAMS,
    query: GameQuery,
    body: EndpointBody,
    answer: Endpoint,
    problems: [
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
    ],
  })
  async setEndpoint(
    @Param('id') teamId: string,
    @Param('serviceId') serviceId: string,
    @Query() query: unknown,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Endpoint> {
    assertIsTeam(principal, teamId);
    const { url, shared } = parseBody(EndpointBody, body);
    if (shared === true && principal.role !== 'facilitator')
      throw new PaydayError('forbidden', 'shared: only a facilitator lets two teams share an address.');
    const { id, scenario } = await this.games.game(parseQuery(GameQuery, query).game ?? principal.gameId);
    assertScope(principal, id);
    // Facilitators are trusted, and may have to correct many teams at once.
    if (principal.role === 'team' && scenario.services.some((service) => service.id === serviceId))
      this.limiter.takeToken(id, teamId, serviceId);
    const stored = await this.games.setEndpoint(id, teamId, serviceId, url, actorOf(principal), { shared });
    return { teamId, serviceId, url: stored };
  }

  @Delete('teams/:id/endpoints/:serviceId')
  @Roles('facilitator', 'team')
  @ApiEndpoint({
    summary: 'Take an endpoint away',
    description: 'Like setting it to null. Repeatable. A team token changes only its own team’s endpoints.',
    params: ENDPOINT_PARAMS,
    query: GameQuery,
    problems: [
      'invalid_query',
      'unauthenticated',
      'forbidden',
      'unknown_game',
      'unknown_team',
      'unknown_service',
      'game_over',
      'too_many_requests',
    ],
  })
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
  @ApiEndpoint({
    summary: 'Post an announcement',
    description:
      'Its text appears on the leaderboard’s ticker; a picture and a video may go with it, for pages of your own.',
    body: AnnouncementBody,
    status: 201,
    answer: Announcement,
    problems: ['bad_request', 'unauthenticated', 'forbidden', 'unknown_game'],
  })
  async announce(@Body() body: unknown, @CurrentPrincipal() principal: Principal): Promise<Announcement> {
    const { game, ...announcement } = parseBody(AnnouncementBody, body);
    const { id } = await this.games.game(game ?? principal.gameId);
    assertScope(principal, id);
    return this.games.announce(id, announcement, actorOf(principal));
  }

  @Post('adjustments')
  @Roles('facilitator')
  @ApiEndpoint({
    summary: 'Give or take an amount by hand',
    description: 'It appears in the ledger of the current window, with the reason.',
    body: AdjustmentBody,
    status: 201,
    answer: Adjustment,
    problems: [
      'bad_request',
      'unauthenticated',
      'forbidden',
      'unknown_game',
      'unknown_team',
      'wrong_state',
      'game_over',
    ],
  })
  async adjust(@Body() body: unknown, @CurrentPrincipal() principal: Principal): Promise<Adjustment> {
    const { game, ...adjustment } = parseBody(AdjustmentBody, body);
    const { id } = await this.games.game(game ?? principal.gameId);
    assertScope(principal, id);
    return this.games.adjust(id, adjustment, actorOf(principal));
  }
}
