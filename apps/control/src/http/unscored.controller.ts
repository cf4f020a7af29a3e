import { Controller, Get, Header, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { UnscoredReport } from '#contracts';
import { type DataSource, unscoredReport } from '#persistence';
import { CurrentPrincipal, DATA_SOURCE, type Principal, Roles } from '#runtime';
import { GameService } from '../game-service.js';
import { assertScope } from './access.js';
import { parseQuery } from './parse.js';
import { ApiProblems, UNSCORED } from './responses.js';
import { gameQuery } from './schemas.js';

/** What the referee could not judge, for who runs the game. Not for the public: it goes on during a freeze. */
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
  @ApiOperation({
    summary: 'Which requests were not scored for trouble of the prober’s own',
    description:
      'In all, by team and service, and the windows in which it was more than 1 % of the requests. docs/scoring.md says when a request is not scored.',
  })
  @ApiQuery({
    name: 'game',
    required: false,
    description: 'Id of a game; default: that of the token, else the newest',
  })
  @ApiOkResponse({ schema: UNSCORED })
  @ApiProblems('invalid_query', 'unauthenticated', 'forbidden', 'unknown_game')
  async report(
    @Query() query: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<{ gameId: string } & UnscoredReport> {
    const { game = principal.gameId } = parseQuery(gameQuery, query);
    const { id } = await this.games.game(game);
    assertScope(principal, id);
    return { gameId: id, ...(await unscoredReport(this.dataSource, id)) };
  }
}
