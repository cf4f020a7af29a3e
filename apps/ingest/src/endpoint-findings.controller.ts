import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { EndpointFindings, TakenFindings } from '#contracts/api';
import { PaydayError, type Clock } from '#kernel';
import { appendAudit, type DataSource } from '#persistence';
import { ApiEndpoint, CLOCK, CurrentPrincipal, DATA_SOURCE, Roles, type Principal } from '#runtime';
import { GameDirectory } from './game-directory.js';

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
  @Roles('prober')
  @ApiEndpoint({
    summary: 'Report the owners of endpoints',
    description:
      'Endpoints that do not prove to be the team’s own (`unproven`), show another team’s proof (`foreign`), or prove ' +
      'themselves after that (`proven`): one entry each in the audit log, `endpoint.<kind>`. All of them, or none.',
    body: EndpointFindings,
    status: 202,
    answer: TakenFindings,
    problems: [
      'bad_request',
      'unauthenticated',
      'forbidden',
      'unknown_game',
      'unknown_team',
      'unknown_service',
      'game_over',
    ],
  })
  async post(@Body() body: unknown, @CurrentPrincipal() principal: Principal): Promise<TakenFindings> {
    const parsed = EndpointFindings.safeParse(body);
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
