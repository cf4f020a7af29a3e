import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { type AuditEntry, type DataSource, readAudit } from '#persistence';
import { CurrentPrincipal, DATA_SOURCE, type Principal, Roles } from '#runtime';
import { assertScope } from './access.js';
import { parseQuery } from './parse.js';
import { ApiProblems, AUDIT } from './responses.js';
import { AUDIT_LIMIT, auditQuery } from './schemas.js';

@ApiTags('audit')
@Controller('api/v1/audit')
export class AuditController {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  @Get()
  @Roles('facilitator')
  @ApiOperation({
    summary: 'Who did what and when, newest first',
    description:
      'Entries are never changed, and each holds the hash of the one before: docs/audit-log.md says how to verify them.',
  })
  @ApiQuery({ name: 'game', required: false, description: 'Entries about this game only' })
  @ApiQuery({
    name: 'before',
    required: false,
    description: '`nextBefore` of the page before',
    schema: { type: 'integer' },
  })
  @ApiQuery({
    name: 'limit',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: AUDIT_LIMIT.max, default: AUDIT_LIMIT.default },
  })
  @ApiOkResponse({ schema: AUDIT })
  @ApiProblems('invalid_query', 'unauthenticated', 'forbidden')
  async page(
    @Query() query: unknown,
    @CurrentPrincipal() principal: Principal,
  ): Promise<{ entries: AuditEntry[]; nextBefore: number | null }> {
    const { game, before, limit } = parseQuery(auditQuery, query);
    if (game !== undefined) assertScope(principal, game);
    const gameId = game ?? principal.gameId;
    const entries = await readAudit(this.dataSource, { gameId, beforeSeq: before, limit: limit + 1 });
    const more = entries.length > limit;
    if (more) entries.pop();
    return { entries, nextBefore: more ? entries.at(-1)!.seq : null };
  }
}
