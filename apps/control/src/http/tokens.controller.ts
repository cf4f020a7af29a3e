import { Body, Controller, Delete, Get, Header, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Clock } from '#kernel';
import { PaydayError } from '#kernel';
import { GameStore, type TokenInfo } from '#persistence';
import { CLOCK, CurrentPrincipal, type Principal, Roles } from '#runtime';
import { actorOf } from '../actor.js';
import { GameService } from '../game-service.js';
import { type MadeToken, TokenService } from '../token-service.js';
import { assertScope, assertUnscoped } from './access.js';
import { parseBody } from './parse.js';
import { ApiProblems, MADE_TOKEN, TOKEN, TOKENS } from './responses.js';
import { newTokenBody, noBody, TOKEN_ROLES } from './schemas.js';

/**
 * API tokens. A secret is in the answer that makes it, and nowhere else. A facilitator whose token is for one game handles
 * that game's tokens only.
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
  @ApiOperation({ summary: 'All tokens, newest first, without their secrets' })
  @ApiOkResponse({ schema: TOKENS })
  @ApiProblems('unauthenticated', 'forbidden')
  async list(@CurrentPrincipal() principal: Principal): Promise<{ tokens: TokenInfo[] }> {
    return { tokens: await this.tokens.list(principal.gameId) };
  }

  @Post()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Make a token',
    description: '`secret` is shown this once: it is stored as a hash only. A team’s token needs `team`.',
  })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['role', 'label'],
      properties: {
        role: { type: 'string', enum: [...TOKEN_ROLES] },
        label: { type: 'string', minLength: 1, maxLength: 80, description: 'Whose it is, or what it is for' },
        game: {
          type: 'string',
          description: 'Good for this game only; default: for all, but for a team the newest',
        },
        team: { type: 'string', description: 'For role team: the team' },
        expiresAt: { type: 'integer', format: 'int64', description: 'Epoch ms; default: it doesn’t expire' },
      },
    },
  })
  @ApiCreatedResponse({ schema: MADE_TOKEN })
  @ApiProblems('bad_request', 'unauthenticated', 'forbidden', 'unknown_game', 'unknown_team')
  async create(@Body() body: unknown, @CurrentPrincipal() principal: Principal): Promise<MadeToken> {
    const { role, label, game, team, expiresAt } = parseBody(newTokenBody(this.clock.nowMs()), body);
    const isLimited = game !== undefined || team !== undefined || principal.gameId !== undefined;
    const gameId = isLimited ? (await this.games.game(game ?? principal.gameId)).id : undefined;
    if (gameId !== undefined) assertScope(principal, gameId);
    if (team !== undefined && !(await this.store.teams(gameId!)).some(({ id }) => id === team))
      throw new PaydayError('unknown_team', `There is no team "${team}" in the game "${gameId!}".`);
    return this.tokens.create({ role, label, gameId, teamId: team, expiresAt }, actorOf(principal));
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Replace a token’s secret',
    description: 'Makes a token for the same purpose; the old one is worth nothing at once.',
  })
  @ApiParam({ name: 'id', description: 'Id of the token' })
  @ApiOkResponse({ schema: MADE_TOKEN })
  @ApiProblems('bad_request', 'unauthenticated', 'forbidden', 'unknown_token', 'wrong_state')
  async rotate(
    @Param('id') tokenId: string,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<MadeToken> {
    parseBody(noBody, body);
    mustHandle(principal, await this.tokens.find(tokenId));
    return this.tokens.rotate(tokenId, actorOf(principal));
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'Revoke a token',
    description: 'It is worth nothing at once, on other servers within five seconds. Repeatable.',
  })
  @ApiParam({ name: 'id', description: 'Id of the token' })
  @ApiOkResponse({ schema: TOKEN })
  @ApiProblems('unauthenticated', 'forbidden', 'unknown_token')
  async revoke(@Param('id') tokenId: string, @CurrentPrincipal() principal: Principal): Promise<TokenInfo> {
    mustHandle(principal, await this.tokens.find(tokenId));
    return this.tokens.revoke(tokenId, actorOf(principal));
  }
}

function mustHandle(principal: Principal, token: TokenInfo): void {
  if (token.gameId === null) assertUnscoped(principal);
  else assertScope(principal, token.gameId);
}
