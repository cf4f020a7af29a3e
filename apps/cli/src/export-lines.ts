import {
  LEDGER_CSV_COLUMNS,
  OUTCOMES,
  ledgerCsvValues,
  type GameEvent,
  type LedgerEntry,
  type ProbeBatch,
  type RequestCounts,
  type Role,
  type TeamInfo,
} from '#contracts';
import { Game, rankTeams } from '#game';
import type { LedgerRow } from '#persistence';
import { latencyPercentiles } from '#scoring';
import type { LineShape } from './output.js';

/** A line of `export results`. docs/scoring.md describes each field; a field that a kind doesn't have is left out. */
export interface ResultLine {
  kind: 'game' | 'pause' | 'team' | 'adjustment' | 'excuse' | 'result';
  teamId?: string;
  at?: number;
  untilAt?: number | null;
  ranked?: boolean;
  role?: Role;
  serviceId?: string;
  counterpartyId?: string;
  outcome?: string;
  latencyUs?: number;
  proberId?: string;
  epoch?: number;
  seq?: number;
  index?: number;
  adjustmentId?: string;
  cents?: number;
  excuseId?: string;
}

const RESULT_COLUMNS = [
  'kind',
  'teamId',
  'at',
  'untilAt',
  'role',
  'serviceId',
  'counterpartyId',
  'outcome',
  'latencyUs',
  'proberId',
  'epoch',
  'seq',
  'index',
  'adjustmentId',
  'cents',
  'excuseId',
  'ranked',
] as const satisfies readonly (keyof ResultLine)[];

export const RESULT_SHAPE: LineShape<ResultLine> = {
  columns: RESULT_COLUMNS,
  values: (line) => RESULT_COLUMNS.map((column) => line[column]),
};

/** The facts needed besides the results: when the game ran, who played, which amounts were adjusted, and what is excused. */
export function factLines(events: readonly GameEvent[]): ResultLine[] {
  const adjustments: ResultLine[] = [];
  const waiting: ResultLine[] = [];
  const excuses = new Map<string, ResultLine>();
  let game: Game | null = null;
  for (const event of events) {
    if (game === null) {
      if (event.type === 'dev.payday.game.created') game = new Game(event);
      continue;
    }
    if (!game.tryApply(event)) continue;
    const { schedule } = game;
    const { type, data } = event;
    if (type === 'dev.payday.game.scheduled')
      for (const adjustment of waiting.splice(0)) adjustment.untilAt = schedule.endsAt;
    else if (type === 'dev.payday.adjustment.made' && game.teams.has(data.teamId)) {
      const { teamId, effectiveAt, adjustmentId, cents } = data;
      // The end as known now determines the window. Before there is a start, it waits for the first one.
      const untilAt = schedule.endsAt ?? undefined;
      const adjustment: ResultLine = {
        kind: 'adjustment',
        teamId,
        at: effectiveAt,
        adjustmentId,
        cents,
        untilAt,
      };
      if (untilAt === undefined) waiting.push(adjustment);
      adjustments.push(adjustment);
    } else if (type === 'dev.payday.windows.excused' && !game.sealed) {
      const { teamId, serviceId, fromAt, untilAt, excuseId } = data;
      excuses.set(excuseId, { kind: 'excuse', teamId, at: fromAt, untilAt, serviceId, excuseId });
    }
  }
  return [...gameLines(game), ...adjustments, ...excuses.values()];
}

function gameLines(game: Game | null): ResultLine[] {
  const { startsAt = null, endsAt = null, ended = false, pauses = [] } = game?.schedule ?? {};
  return [
    { kind: 'game', at: startsAt ?? undefined, untilAt: endsAt },
    // A pause that lasts to the end has no end of its own.
    ...pauses.map(({ fromAt, untilAt }): ResultLine => {
      return { kind: 'pause', at: fromAt, untilAt: ended && untilAt === endsAt ? null : untilAt };
    }),
    ...Array.from(game?.teams.values() ?? [], ({ id: teamId, ranked }): ResultLine => {
      return { kind: 'team', teamId, ranked };
    }),
  ];
}

export function* resultLines(batch: ProbeBatch): Generator<ResultLine> {
  const { teamId, role, serviceId, counterpartyId, proberId, epoch, seq } = batch;
  for (let index = 0; index < batch.offsetMs.length; index++) {
    yield {
      kind: 'result',
      teamId,
      at: batch.baseIntendedAtMs + batch.offsetMs[index]!,
      role,
      serviceId,
      counterpartyId,
      outcome: OUTCOMES[batch.outcome[index]!],
      latencyUs: batch.latencyUs[index],
      proberId,
      epoch,
      seq,
      index,
    };
  }
}

export const LEDGER_SHAPE: LineShape<LedgerEntry> = { columns: LEDGER_CSV_COLUMNS, values: ledgerCsvValues };

export function ledgerEntry(row: LedgerRow, windowMs: number): LedgerEntry {
  const { gameId, teamId, windowIndex, windowStartAt, serviceId, reason, counterpartyId } = row;
  const { count, cents, samples, note } = row;
  return {
    gameId,
    teamId,
    windowIndex,
    windowStartAt,
    windowEndAt: windowStartAt + windowMs,
    serviceId,
    reason,
    counterpartyId,
    count,
    cents,
    latencyMs: latencyPercentiles(row.histogram),
    samples,
    note,
  };
}

export interface StandingLine {
  /** Null for unranked teams. */
  rank: number | null;
  teamId: string;
  name: string;
  salaryCents: number;
  /** False for teams that are probed but not placed. */
  ranked: boolean;
}

/** Includes the requests of the team's own customers that were not scored. */
export type StandingWithRequests = StandingLine & RequestCounts;

const STANDING_COLUMNS = [
  'rank',
  'teamId',
  'name',
  'salaryCents',
  'ranked',
  'requests',
  'unscored',
] as const satisfies readonly (keyof StandingWithRequests)[];

export const STANDING_SHAPE: LineShape<StandingWithRequests> = {
  columns: STANDING_COLUMNS,
  values: (line) => STANDING_COLUMNS.map((column) => line[column]),
};

/** In order of rank; teams that were never scored have 0. */
export function standingLines(
  teams: readonly TeamInfo[],
  salaries: ReadonlyMap<string, number>,
): StandingLine[] {
  const rows = teams.map(({ id, name, ranked }) => ({
    teamId: id,
    name,
    ranked,
    salaryCents: salaries.get(id) ?? 0,
  }));
  return rankTeams(rows).map(({ rank, teamId, name, salaryCents, ranked }) => ({
    rank,
    teamId,
    name,
    salaryCents,
    ranked,
  }));
}
