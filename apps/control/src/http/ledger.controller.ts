import { Controller, Get, Headers, Inject, Param, Query, Res, type StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import {
  GameSummary,
  HistoryQuery,
  LEDGER_LIMIT,
  type LedgerEntry,
  LedgerPage,
  LedgerQuery,
  SalaryHistory,
} from '#contracts/api';
import { type Clock, PaydayError } from '#kernel';
import {
  type DataSource,
  type GameEntity,
  GameStore,
  type HistoryQuery as SalaryHistoryQuery,
  type LedgerFilter,
  LedgerReader,
  type LedgerRow,
  salaryHistory,
} from '#persistence';
import { ApiEndpoint, CLOCK, DATA_SOURCE, MaybePrincipal, OptionalToken, type Principal } from '#runtime';
import { latencyPercentiles } from '#scoring';
import { GameService } from '../game-service.js';
import { stateAt } from './game-body.js';
import { LedgerStreams, acceptedFormat } from './ledger-stream.js';
import { hiddenScores } from './hidden-scores.js';
import { seenSamples } from './seen-samples.js';
import { parseQuery } from './parse.js';

@ApiTags('scores')
@Controller('api/v1')
export class LedgerController {
  private readonly streams = new LedgerStreams();
  /** Histories being read, by query: after a restart and at the reveal every screen requests the same one. */
  private readonly reading = new Map<string, Promise<SalaryHistory>>();

  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(LedgerReader) private readonly ledger: LedgerReader,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('ledger')
  @OptionalToken()
  @ApiProduces('application/json', 'application/x-ndjson', 'text/csv')
  @ApiEndpoint({
    summary: 'Why every cent was earned or lost',
    description:
      'Public; during a freeze the public sees what lies before it, and a team’s token all of its own. `samples` of failures are for facilitators and, of its own services, the team: for everybody else they are empty. In the order team, window, service, reason, counterpartyId. A team’s salary is the sum of its entries; with `team`, entries, total and salary come from one snapshot. ' +
      'Requests that could not be judged because of trouble of the prober’s own have entries too (`unscored`, 0 cents), and are summed up in `requests`. ' +
      'As NDJSON (one entry per line) or CSV, by `format` or the Accept header, all entries that match come at once, without pages.',
    query: LedgerQuery,
    answer: LedgerPage,
    problems: [
      'invalid_query',
      'unauthenticated',
      'unknown_game',
      'unknown_team',
      'unknown_service',
      'too_many_requests',
    ],
  })
  async page(
    @Query() query: unknown,
    @Headers('accept') accept: string | undefined,
    @MaybePrincipal() principal: Principal | undefined,
    @Res({ passthrough: true }) reply: { header(name: string, value: string): unknown },
  ): Promise<LedgerPage | StreamableFile> {
    const q = parseQuery(LedgerQuery, query);
    reply.header('vary', 'Accept, Authorization');
    const game = await this.games.game(q.game);
    if (q.team !== undefined) await this.refuseUnknownTeams(game, [q.team]);
    const known = game.scenario.services.map((service) => service.id);
    if (q.service !== undefined && !known.includes(q.service))
      throw new PaydayError(
        'unknown_service',
        `There is no service "${q.service}"; there are ${known.join(', ')}.`,
      );
    const filter = {
      gameId: game.id,
      teamId: q.team,
      serviceId: q.service,
      reason: q.reason,
      fromWindow: q.fromWindow,
      toWindow: q.toWindow,
      hidden: hiddenScores(game, principal, this.clock.nowMs()),
    };
    const { windowMs } = game.scenario.pay;
    const format = q.format ?? acceptedFormat(accept);
    if (format !== 'json') {
      refusePaging(q);
      return this.streams.send(this.entries(filter, windowMs, principal), format);
    }
    const { rows, total, requests, salaryCents, nextCursor } = await this.ledger.page({
      ...filter,
      limit: q.limit ?? LEDGER_LIMIT.default,
      cursor: q.cursor,
    });
    return {
      gameId: game.id,
      salaryCents,
      total,
      requests,
      entries: rows.map((row) => this.entry(row, windowMs, principal)),
      nextCursor,
    };
  }

  @Get('history')
  @OptionalToken()
  @ApiEndpoint({
    summary: 'Salaries over time',
    description:
      'Public, during a freeze up to it. One line per team, thinned to at most `points`; the last point is the salary at `to`.',
    query: HistoryQuery,
    answer: SalaryHistory,
    problems: ['invalid_query', 'unauthenticated', 'unknown_game', 'unknown_team'],
  })
  async history(
    @Query() query: unknown,
    @MaybePrincipal() principal: Principal | undefined,
  ): Promise<SalaryHistory> {
    const q = parseQuery(HistoryQuery, query);
    const game = await this.games.game(q.game);
    if (q.team !== undefined) await this.refuseUnknownTeams(game, q.team);
    return this.readHistory({
      gameId: game.id,
      teamIds: q.team,
      fromAt: q.from,
      toAt: q.to,
      points: q.points,
      hidden: hiddenScores(game, principal, this.clock.nowMs()),
    });
  }

  @Get('games/:id/summary')
  @ApiEndpoint({
    summary: 'A game in brief: its state, how many teams and requests, and the top five',
    description: 'Public; during a freeze the requests and salaries are those at its start.',
    params: { id: 'Id of the game' },
    answer: GameSummary,
    problems: ['unknown_game'],
  })
  async summary(@Param('id') gameId: string): Promise<GameSummary> {
    const game = await this.games.game(gameId);
    const nowMs = this.clock.nowMs();
    const hidden = hiddenScores(game, undefined, nowMs);
    const [teams, { requests }, { series }] = await Promise.all([
      this.store.teams(gameId),
      this.ledger.page({ gameId, hidden, limit: 1 }),
      this.readHistory({ gameId, hidden, points: 1 }),
    ]);
    const salaries = new Map(series.map(({ teamId, salaryCents }) => [teamId, salaryCents.at(-1)!]));
    const rows = teams
      .filter(({ ranked }) => ranked)
      .map(({ id, name, color }) => ({ team: { id, name, color }, salaryCents: salaries.get(id) ?? 0 }))
      .sort((a, b) => b.salaryCents - a.salaryCents || (a.team.id < b.team.id ? -1 : 1));
    return {
      id: game.id,
      name: game.name,
      state: stateAt(game, nowMs),
      teams: teams.length,
      requests: requests.requests,
      topFive: rows.slice(0, 5).map((row) => ({
        rank: 1 + rows.findIndex(({ salaryCents }) => salaryCents === row.salaryCents),
        ...row,
      })),
    };
  }

  private readHistory(query: SalaryHistoryQuery): Promise<SalaryHistory> {
    const key = JSON.stringify(query);
    let reading = this.reading.get(key);
    if (reading === undefined) {
      reading = salaryHistory(this.dataSource, query).finally(() => this.reading.delete(key));
      this.reading.set(key, reading);
    }
    return reading;
  }

  private async refuseUnknownTeams(game: GameEntity, teamIds: readonly string[]): Promise<void> {
    const known = new Set((await this.store.teams(game.id)).map((team) => team.id));
    for (const teamId of teamIds)
      if (!known.has(teamId))
        throw new PaydayError('unknown_team', `There is no team "${teamId}" in the game "${game.id}".`);
  }

  private async *entries(
    filter: LedgerFilter,
    windowMs: number,
    principal: Principal | undefined,
  ): AsyncGenerator<LedgerEntry> {
    for await (const row of this.ledger.stream(filter)) yield this.entry(row, windowMs, principal);
  }

  private entry(row: LedgerRow, windowMs: number, principal: Principal | undefined): LedgerEntry {
    const { histogram, ...rest } = row;
    return {
      ...rest,
      samples: seenSamples(rest, principal),
      windowEndAt: row.windowStartAt + windowMs,
      latencyMs: latencyPercentiles(histogram),
    };
  }
}

/** Only JSON has pages: an option that would be ignored is refused. */
function refusePaging(query: { limit?: number; cursor?: string }): void {
  for (const path of ['limit', 'cursor'] as const) {
    if (query[path] === undefined) continue;
    const message = 'goes with JSON only: NDJSON and CSV come as a whole';
    throw new PaydayError('invalid_query', `${path}: ${message}`, {
      details: { errors: [{ path, message }] },
    });
  }
}
