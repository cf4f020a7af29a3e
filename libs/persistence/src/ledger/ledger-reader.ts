import type { LedgerReason, RequestCounts } from '#contracts';
import { PaydayError } from '#kernel';
import type { DataSource } from 'typeorm';
import { Snapshot } from '../snapshot.js';
import { LEDGER_COLUMNS, type LedgerKey, type LedgerRow } from './ledger-rows.js';
import { REQUESTS_SQL } from './unscored-requests.js';

/** Selects entries. Absent fields do not filter. */
export interface LedgerFilter {
  gameId: string;
  teamId?: string;
  serviceId?: string;
  reason?: LedgerReason;
  /** First window, inclusive. */
  fromWindow?: number;
  /** Last window, inclusive. */
  toWindow?: number;
  /** What the reader may not see. Sums and salaries exclude it too. */
  hidden?: HiddenScores;
}

/** During a freeze: everything earned or lost in windows that begin at `fromAt` (epoch ms) or later. */
export interface HiddenScores {
  fromAt: number;
  /** The team whose own entries stay visible. */
  exceptTeamId?: string;
}

export interface LedgerRows {
  rows: LedgerRow[];
  /** Over all entries that match the filter, not only this page. */
  total: { entries: number; cents: number };
  /** Over all matching entries, regardless of the requested reason. */
  requests: RequestCounts;
  /** The team's whole salary if the query names a team, 0 if it was never scored; otherwise null. */
  salaryCents: number | null;
  /** Opaque; null on the last page. */
  nextCursor: string | null;
}

/** Reads what the scorer committed, each result from one snapshot of the database. */
export class LedgerReader {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * One page in the order team, window, service, reason, counterpartyId (bytewise).
   * @param query.limit ≥ 1
   * @throws PaydayError `invalid_query` if the cursor is not valid.
   */
  async page(query: LedgerFilter & { limit: number; cursor?: string }): Promise<LedgerRows> {
    const { where, values } = conditions(query);
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor);
    return Snapshot.use(this.dataSource, async (snapshot) => {
      const { total, requests } = await totalsOf(snapshot, query);
      const salaryCents =
        query.teamId === undefined
          ? null
          : await salaryOf(snapshot, query.gameId, query.teamId, query.hidden);
      const pageValues = [...values, ...(after ?? []), query.limit + 1];
      const rows = await snapshot.query<LedgerRow>(
        `SELECT ${LEDGER_COLUMNS} FROM ledger
         WHERE ${where} ${after === null ? '' : `AND (${KEY}) > (${parameters(values.length, after.length)})`}
         ORDER BY ${KEY} LIMIT $${pageValues.length}`,
        pageValues,
      );
      const more = rows.length > query.limit;
      if (more) rows.pop();
      return { rows, total, requests, salaryCents, nextCursor: more ? encodeCursor(rows.at(-1)!) : null };
    });
  }

  /** All matching entries in the same order, through a server-side cursor in constant memory. */
  async *stream(filter: LedgerFilter, batch = 1000): AsyncGenerator<LedgerRow, void, undefined> {
    const { where, values } = conditions(filter);
    const snapshot = await Snapshot.open(this.dataSource);
    try {
      yield* snapshot.stream<LedgerRow>(
        `SELECT ${LEDGER_COLUMNS} FROM ledger WHERE ${where} ORDER BY ${KEY}`,
        values,
        batch,
      );
    } finally {
      await snapshot.close();
    }
  }

  /** The sum of each team's ledger, by team id. */
  async sums(gameId: string): Promise<Map<string, number>> {
    const rows = await this.dataSource.query<{ teamId: string; cents: number }[]>(
      `SELECT team_id AS "teamId", sum(cents)::int8 AS cents FROM ledger WHERE game_id = $1 GROUP BY 1 ORDER BY 1`,
      [gameId],
    );
    return new Map(rows.map((row) => [row.teamId, row.cents]));
  }
}

const KEY = 'team_id, window_index, service_id, reason, counterparty';

async function totalsOf(
  snapshot: Snapshot,
  { reason, ...filter }: LedgerFilter,
): Promise<Pick<LedgerRows, 'total' | 'requests'>> {
  const { where, values } = conditions(filter);
  values.push(reason ?? null);
  const matches = `FILTER (WHERE $${values.length}::text IS NULL OR reason = $${values.length})`;
  const [row] = await snapshot.query<{ entries: number; cents: number; requests: number; unscored: number }>(
    `SELECT count(*) ${matches} AS entries, coalesce(sum(cents) ${matches}, 0)::int8 AS cents, ${REQUESTS_SQL}
     FROM ledger WHERE ${where}`,
    values,
  );
  const { entries, cents, requests, unscored } = row!;
  return { total: { entries, cents }, requests: { requests, unscored } };
}

async function salaryOf(
  snapshot: Snapshot,
  gameId: string,
  teamId: string,
  hidden?: HiddenScores,
): Promise<number> {
  if (hidden !== undefined && hidden.exceptTeamId !== teamId) {
    const [sum] = await snapshot.query<{ cents: number }>(
      `SELECT coalesce(sum(cents), 0)::int8 AS cents FROM ledger
       WHERE game_id = $1 AND team_id = $2 AND window_start_at < $3`,
      [gameId, teamId, hidden.fromAt],
    );
    return sum!.cents;
  }
  const [row] = await snapshot.query<{ cents: number }>(
    'SELECT salary_cents AS cents FROM team_score WHERE game_id = $1 AND team_id = $2',
    [gameId, teamId],
  );
  return row?.cents ?? 0;
}

function conditions(filter: LedgerFilter): { where: string; values: unknown[] } {
  const values: unknown[] = [];
  const clauses: string[] = [];
  const add = (clause: string, value: unknown): void => {
    if (value === undefined) return;
    values.push(value);
    clauses.push(`${clause} $${values.length}`);
  };
  add('game_id =', filter.gameId);
  add('team_id =', filter.teamId);
  add('service_id =', filter.serviceId);
  add('reason =', filter.reason);
  add('window_index >=', filter.fromWindow);
  add('window_index <=', filter.toWindow);
  if (filter.hidden !== undefined) {
    values.push(filter.hidden.fromAt, filter.hidden.exceptTeamId ?? null);
    // With null, the second comparison is null, which matches no row.
    clauses.push(`(window_start_at < $${values.length - 1} OR team_id = $${values.length}::text)`);
  }
  return { where: clauses.join(' AND '), values };
}

function parameters(from: number, count: number): string {
  return Array.from({ length: count }, (_, i) => `$${from + i + 1}`).join(', ');
}

type CursorKey = [
  teamId: string,
  windowIndex: number,
  serviceId: string,
  reason: string,
  counterpartyId: string,
];

function encodeCursor(key: LedgerKey): string {
  const parts: CursorKey = [key.teamId, key.windowIndex, key.serviceId, key.reason, key.counterpartyId];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function decodeCursor(cursor: string): CursorKey {
  try {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    const wellFormed =
      Array.isArray(parts) &&
      parts.length === 5 &&
      parts.every((part, i) =>
        i === 1
          ? Number.isInteger(part) && Math.abs(part as number) < 2 ** 31
          : typeof part === 'string' && !part.includes('\0'),
      );
    if (wellFormed) return parts as CursorKey;
  } catch {
    // Reported below.
  }
  const message = 'cursor: not a cursor of this ledger; leave it out to start at the first page';
  throw new PaydayError('invalid_query', message, { details: { errors: [{ path: 'cursor', message }] } });
}
