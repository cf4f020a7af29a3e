import { Body, Controller, Delete, Get, Header, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MadeToken, NewTokenBody, NoBody, TokenInfo, Tokens, newTokenBodyAt } from '#contracts/api';
import type { Clock } from '#kernel';
import { PaydayError } from '#kernel';
import { GameStore } from '#persistence';
import { ApiEndpoint, CLOCK, CurrentPrincipal, type Principal, Roles } from '#runtime';
import { actorOf } from '../actor.js';
import { GameService } from '../game-service.js';
import { TokenService } from '../token-service.js';
import { assertScope, assertUnscoped } from './access.js';
import { parseBody } from './parse.js';

/**
 * API tokens. A secret is in the answer that makes it, and nowhere else. A facilitator whose token is for one game manages
 * only that game's tokens.
 */
@ApiTags('tokens')
@Controller('api/v1/tokens')
@Roles('facilitator')
export class TokensController {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(GameService) private readonly games: GameService,
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiEndpoint({
    summary: 'All tokens, newest first, without their secrets',
    answer: Tokens,
    problems: ['unauthenticated', 'forbidden'],
  })
  async list(@CurrentPrincipal() principal: Principal): Promise<Tokens> {
    return { tokens: await this.tokens.list(principal.gameId) };
  }

  @Post()
  @Header('cache-control', 'no-store')
  @ApiEndpoint({
    summary: 'Make a token',
    description: '`secret` is shown only this once: it is stored as a hash. A team’s token needs `team`.',
    body: NewTokenBody,
    status: 201,
    answer: MadeToken,
    problems: ['bad_request', 'unauthenticated', 'forbidden', 'unknown_game', 'unknown_team'],
  })
  async create(@Body() body: unknown, @CurrentPrincipal() principal: Principal): Promise<MadeToken> {
    const { role, label, game, team, expiresAt } = parseBody(newTokenBodyAt(this.clock.nowMs()), body);
    const isLimited = game !== undefined || team !== undefined || principal.gameId !== undefined;
    const gameId = isLimited ? (await this.games.game(game ?? principal.gameId)).id : undefined;
    if (gameId !== undefined) assertScope(principal, gameId);
    if (team !== undefined && !(await this.store.teams(gameId!)).some(({ id }) => id === team))
      throw new PaydayError('unknown_team', `There is no team "${team}" in the game "${gameId!}".`);
    return this.tokens.create({ role, label, gameId, teamId: team, expiresAt }, actorOf(principal));
  }

  @Post(':id/rotate')
  @Header('cache-control', 'no-store')
  @ApiEndpoint({
    summary: 'Replace a token’s secret',
    description: 'Makes a token for the same purpose; the old one is invalid at once.',
    params: { id: 'Id of the token' },
    answer: MadeToken,
    problems: ['bad_request', 'unauthenticated', 'forbidden', 'unknown_token', 'wrong_state'],
  })
  async rotate(
    @Param('id') tokenId: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<MadeToken> {
    parseBody(NoBody, body);
    assertManages(principal, await this.tokens.find(tokenId));
    return this.tokens.rotate(tokenId, actorOf(principal));
  }

  @Delete(':id')
  @ApiEndpoint({
    summary: 'Revoke a token',
    description: 'It is invalid at once, on other servers within five seconds. Repeatable.',
    params: { id: 'Id of the token' },
    answer: TokenInfo,
    problems: ['unauthenticated', 'forbidden', 'unknown_token'],
  })
  async revoke(@Param('id') tokenId: string, @CurrentPrincipal() principal: Principal): Promise<TokenInfo> {
    assertManages(principal, await this.tokens.find(tokenId));
    return this.tokens.revoke(tokenId, actorOf(principal));
  }
}

function assertManages(principal: Principal, token: TokenInfo): void {
  if (token.gameId === null) assertUnscoped(principal);
  else assertScope(principal, token.gameId);
}
