import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ID_PATTERN, PaydayError, type Clock } from '#kernel';
import { appendAudit, type DataSource } from '#persistence';
import { CLOCK, CurrentPrincipal, DATA_SOURCE, Roles, type Principal } from '#runtime';
import { z } from 'zod';
import { GameDirectory } from './game-directory.js';

const id = z.string().regex(ID_PATTERN, 'must be an id');
const FINDINGS = z.strictObject({
  gameId: id,
  findings: z
    .array(
      z.strictObject({
        teamId: id,
        serviceId: id,
        kind: z.enum(['unproven', 'foreign', 'proven']),
        shownTeamId: id.optional(),
        got: z.string().max(200).optional(),
      }),
    )
    .min(1)
    .max(100),
});

/** Writes what probers find out about the owners of endpoints to the audit log, for facilitators. */
@ApiTags('probe results')
@Controller('api/v1/probe-batches/endpoint-findings')
export class EndpointFindingsController {
  constructor(
    @Inject(GameDirectory) private readonly games: GameDirectory,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(202)
  @Roles('prober')
  @ApiOperation({
    summary: 'Report the owners of endpoints',
    description:
      'For endpoints that do not prove to be the team’s own (`unproven`), that show another team’s proof (`foreign`), or that ' +
      'prove themselves later (`proven`). Each finding becomes one audit log entry, `endpoint.<kind>`: all of them, or none.',
  })
  @ApiBody({ schema: { type: 'object', required: ['gameId', 'findings'] } })
  @ApiResponse({ status: 202, description: 'Written to the audit log' })
  @ApiResponse({ status: 400, description: 'bad_request' })
  @ApiResponse({ status: 401, description: 'unauthenticated' })
  @ApiResponse({ status: 403, description: 'forbidden' })
  @ApiResponse({ status: 404, description: 'unknown_game, unknown_team or unknown_service' })
  @ApiResponse({ status: 409, description: 'game_over' })
  async post(@Body() body: unknown, @CurrentPrincipal() principal: Principal): Promise<{ taken: number }> {
    const parsed = FINDINGS.safeParse(body);
    if (!parsed.success) {
      const errors = parsed.error.issues.map(({ path, message }) => ({
        path: path.join('.') || 'body',
        message,
      }));
      const told = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
      throw new PaydayError('bad_request', told, { details: { errors } });
    }
    const { gameId, findings } = parsed.data;
    if (principal.gameId !== undefined && principal.gameId !== gameId)
      throw new PaydayError('forbidden', `The token is for the game "${principal.gameId}" only.`);
    for (const { teamId, serviceId, shownTeamId = teamId } of findings)
      this.games.assertKnown({ gameId, teamId, counterpartyId: shownTeamId, serviceId });
    const { tokenId, role, label = '' } = principal;
    await this.dataSource.transaction(async (manager) => {
      for (const { teamId, serviceId, kind, ...details } of findings)
        await appendAudit(manager, {
          at: this.clock.nowMs(),
          actor: { tokenId, role, label },
          action: `endpoint.${kind}`,
          subject: { game: gameId, team: teamId, service: serviceId },
          details,
        });
    });
    return { taken: findings.length };
  }
}
