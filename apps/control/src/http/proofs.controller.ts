import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, type Principal, Roles } from '#runtime';
import { actorOf } from '../actor.js';
import { GameService } from '../game-service.js';
import { ProofService, type TeamProof } from '../teams/proof-service.js';
import { assertIsTeam, assertScope } from './access.js';
import { parseBody } from './parse.js';
import { ApiProblems, CHANGED_PROOF, PROOF } from './responses.js';
import { noBody } from './schemas.js';

/** What a team's services show to prove whose they are (docs/ownership.md). */
@ApiTags('games')
@Controller('api/v1/games/:id/teams/:teamId/proof')
@Roles('facilitator', 'team')
export class ProofsController {
  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(ProofService) private readonly proofs: ProofService,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'What a team’s services show to prove that they are its own',
    description:
      'As the header `Payday-Team` of every answer, or as a line of `/.well-known/payday-team`. For facilitators and the team itself.',
  })
  @ApiParam({ name: 'id', description: 'Id of the game' })
  @ApiParam({ name: 'teamId', description: 'Id of the team' })
  @ApiOkResponse({ schema: PROOF })
  @ApiProblems('unauthenticated', 'forbidden', 'unknown_game', 'unknown_team')
  async find(
    @Param('id') gameId: string,
    @Param('teamId') teamId: string,
    @CurrentPrincipal() principal: Principal,
  ): Promise<TeamProof> {
    assertScope(principal, gameId);
    assertIsTeam(principal, teamId);
    return this.proofs.find(await this.games.game(gameId), teamId);
  }

  @Post('rotate')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Give a team another proof',
    description: 'The one before holds until `formerUntilAt`, ten minutes later.',
  })
  @ApiParam({ name: 'id', description: 'Id of the game' })
  @ApiParam({ name: 'teamId', description: 'Id of the team' })
  @ApiOkResponse({ schema: CHANGED_PROOF })
  @ApiProblems('bad_request', 'unauthenticated', 'forbidden', 'unknown_game', 'unknown_team', 'game_over')
  async rotate(
    @Param('id') gameId: string,
    @Param('teamId') teamId: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<TeamProof> {
    parseBody(noBody, body);
    assertScope(principal, gameId);
    assertIsTeam(principal, teamId);
    return this.proofs.rotate(gameId, teamId, actorOf(principal));
  }
}
