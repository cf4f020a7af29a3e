import { Body, Controller, Get, Header, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ChangedProof, NoBody, TeamProof } from '#contracts/api';
import { ApiEndpoint, CurrentPrincipal, type Principal, Roles } from '#runtime';
import { actorOf } from '../actor.js';
import { GameService } from '../game-service.js';
import { ProofService } from '../teams/proof-service.js';
import { assertIsTeam, assertScope } from './access.js';
import { parseBody } from './parse.js';

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
  @ApiEndpoint({
    summary: 'What a team’s services show to prove that they are its own',
    description:
      'As the header `Payday-Team` of every answer, or as a line of `/.well-known/payday-team`. For facilitators and the team itself.',
    params: { id: 'Id of the game', teamId: 'Id of the team' },
    answer: TeamProof,
    problems: ['unauthenticated', 'forbidden', 'unknown_game', 'unknown_team'],
  })
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
  @Header('cache-control', 'no-store')
  @ApiEndpoint({
    summary: 'Give a team another proof',
    description: 'The one before is valid until `formerUntilAt`, ten minutes later.',
    params: { id: 'Id of the game', teamId: 'Id of the team' },
    answer: ChangedProof,
    problems: ['bad_request', 'unauthenticated', 'forbidden', 'unknown_game', 'unknown_team', 'game_over'],
  })
  async rotate(
    @Param('id') gameId: string,
    @Param('teamId') teamId: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ChangedProof> {
    parseBody(NoBody, body);
    assertScope(principal, gameId);
    assertIsTeam(principal, teamId);
    return this.proofs.rotate(gameId, teamId, actorOf(principal));
  }
}
