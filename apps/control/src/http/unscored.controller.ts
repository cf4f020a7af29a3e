import { Controller, Get, Header, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { GameQuery, UnscoredRequests } from '#contracts/api';
import { type DataSource, unscoredReport } from '#persistence';
import { ApiEndpoint, CurrentPrincipal, DATA_SOURCE, type Principal, Roles } from '#runtime';
import { GameService } from '../game-service.js';
import { assertScope } from './access.js';
import { parseQuery } from './parse.js';

/** What the referee could not judge, for those who run the game. It is not public, because it goes on during a freeze. */
@ApiTags('scores')
@Controller('api/v1/unscored')
@Roles('facilitator', 'read-only')
export class UnscoredController {
  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  @ApiEndpoint({
    summary: 'Which requests were not scored because of trouble of the prober’s own',
    description:
      'In total, by team and service, and the windows in which it was more than 1 % of the requests. docs/scoring.md says when a request is not scored.',
    query: GameQuery,
    answer: UnscoredRequests,
    problems: ['invalid_query', 'unauthenticated', 'forbidden', 'unknown_game'],
  })
  async report(@Query() query: unknown, @CurrentPrincipal() principal: Principal): Promise<UnscoredRequests> {
    const { game = principal.gameId } = parseQuery(GameQuery, query);
    const { id } = await this.games.game(game);
    assertScope(principal, id);
    return { gameId: id, ...(await unscoredReport(this.dataSource, id)) };
  }
}
