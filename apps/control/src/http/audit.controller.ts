import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditPage, AuditQuery } from '#contracts/api';
import { type DataSource, readAudit } from '#persistence';
import { ApiEndpoint, CurrentPrincipal, DATA_SOURCE, type Principal, Roles } from '#runtime';
import { assertScope } from './access.js';
import { parseQuery } from './parse.js';

@ApiTags('audit')
@Controller('api/v1/audit')
export class AuditController {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  @Get()
  @Roles('facilitator')
  @ApiEndpoint({
    summary: 'Who did what and when, newest first',
    description:
      'Entries are never changed, and each holds the hash of the one before: docs/audit-log.md says how to verify them.',
    query: AuditQuery,
    answer: AuditPage,
    problems: ['invalid_query', 'unauthenticated', 'forbidden'],
  })
  async page(@Query() query: unknown, @CurrentPrincipal() principal: Principal): Promise<AuditPage> {
    const { game, before, limit } = parseQuery(AuditQuery, query);
    if (game !== undefined) assertScope(principal, game);
    const gameId = game ?? principal.gameId;
    const entries = await readAudit(this.dataSource, { gameId, beforeSeq: before, limit: limit + 1 });
    const more = entries.length > limit;
    if (more) entries.pop();
    return { entries, nextBefore: more ? entries.at(-1)!.seq : null };
  }
}
