import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { LedgerEntry, LedgerPage, SalaryHistory } from '#contracts';
import { PaydayError } from '#kernel';
import { type GameEntity, GameStore, LedgerReader, type LedgerRow, salaryHistory } from '#persistence';
import { DATA_SOURCE } from '#runtime';
import type { DataSource } from 'typeorm';
import { GameService } from '../game-service.js';
import { LATENCY_PERCENTILES, type LatencyPercentiles } from '../options.js';
import { parseQuery } from './parse.js';
import { ApiProblems, HISTORY, LEDGER } from './responses.js';
import { HISTORY_POINTS, LEDGER_LIMIT, historyQuery, ledgerQuery } from './schemas.js';

const integer = (minimum: number, maximum?: number, byDefault?: number) => ({
  type: 'integer' as const,
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
  ...(byDefault === undefined ? {} : { default: byDefault }),
});

@ApiTags('scores')
@Controller('api/v1')
export class LedgerController {
  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(LedgerReader) private readonly ledger: LedgerReader,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(LATENCY_PERCENTILES) private readonly percentiles: LatencyPercentiles,
  ) {}

  @Get('ledger')
  @ApiOperation({
    summary: 'Why every cent was earned or lost',
    description:
      'Public. In the order team, window, service, reason, counterparty. A team’s salary is the sum of its entries; with `team`, entries, total and salary come from one snapshot.',
  })
  @ApiQuery({ name: 'game', required: false, description: 'Id of a game; default: the newest' })
  @ApiQuery({ name: 'team', required: false })
  @ApiQuery({ name: 'service', required: false })
  @ApiQuery({
    name: 'reason',
    required: false,
    schema: { type: 'string', enum: ['served', 'failed', 'downtime', 'usage_fee', 'adjustment'] },
  })
  @ApiQuery({
    name: 'fromWindow',
    required: false,
    description: 'First window, inclusive',
    schema: integer(0),
  })
  @ApiQuery({ name: 'toWindow', required: false, description: 'Last window, inclusive', schema: integer(0) })
  @ApiQuery({ name: 'limit', required: false, schema: integer(1, LEDGER_LIMIT.max, LEDGER_LIMIT.default) })
  @ApiQuery({ name: 'cursor', required: false, description: '`nextCursor` of the page before' })
  @ApiOkResponse({ schema: LEDGER })
  @ApiProblems('invalid_query', 'unknown_game', 'unknown_team', 'unknown_service')
  async page(@Query() query: unknown): Promise<LedgerPage> {
    const q = parseQuery(ledgerQuery, query);
    const game = await this.games.game(q.game);
    if (q.team !== undefined) await this.#refuseUnknownTeams(game, [q.team]);
    const known = game.scenario.services.map((service) => service.id);
    if (q.service !== undefined && !known.includes(q.service))
      throw new PaydayError(
        'unknown_service',
        `There is no service "${q.service}"; there are ${known.join(', ')}.`,
      );
    const { rows, total, salaryCents, nextCursor } = await this.ledger.page({
      gameId: game.id,
      teamId: q.team,
      serviceId: q.service,
      reason: q.reason,
      fromWindow: q.fromWindow,
      toWindow: q.toWindow,
      limit: q.limit,
      cursor: q.cursor,
    });
    const { windowMs } = game.scenario.pay;
    return {
      gameId: game.id,
      salaryCents,
      total,
      entries: rows.map((row) => this.#entry(row, windowMs)),
      nextCursor,
    };
  }

  @Get('history')
  @ApiOperation({
    summary: 'Salaries over time',
    description:
      'Public. One line per team, thinned to at most `points`; the last point is the salary at `to`.',
  })
  @ApiQuery({ name: 'game', required: false, description: 'Id of a game; default: the newest' })
  @ApiQuery({
    name: 'team',
    required: false,
    description: 'Repeated or separated by commas; default: all',
    schema: { type: 'array', items: { type: 'string' }, maxItems: 100 },
  })
  @ApiQuery({ name: 'from', required: false, description: 'Epoch ms, inclusive', schema: integer(0) })
  @ApiQuery({ name: 'to', required: false, description: 'Epoch ms, inclusive', schema: integer(0) })
  @ApiQuery({
    name: 'points',
    required: false,
    schema: integer(1, HISTORY_POINTS.max, HISTORY_POINTS.default),
  })
  @ApiOkResponse({ schema: HISTORY })
  @ApiProblems('invalid_query', 'unknown_game', 'unknown_team')
  async history(@Query() query: unknown): Promise<SalaryHistory> {
    const q = parseQuery(historyQuery, query);
    const game = await this.games.game(q.game);
    if (q.team !== undefined) await this.#refuseUnknownTeams(game, q.team);
    return salaryHistory(this.dataSource, {
      gameId: game.id,
      teamIds: q.team,
      fromAt: q.from,
      toAt: q.to,
      points: q.points,
    });
  }

  async #refuseUnknownTeams(game: GameEntity, teamIds: readonly string[]): Promise<void> {
    const known = new Set((await this.store.teams(game.id)).map((team) => team.id));
    for (const teamId of teamIds)
      if (!known.has(teamId))
        throw new PaydayError('unknown_team', `There is no team "${teamId}" in the game "${game.id}".`);
  }

  #entry(row: LedgerRow, windowMs: number): LedgerEntry {
    const { histogram, ...rest } = row;
    return {
      ...rest,
      windowEndAt: row.windowStartAt + windowMs,
      latencyMs: histogram === null ? null : this.percentiles(histogram),
    };
  }
}
