import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { LEDGER_REASONS, type LedgerReason } from '#contracts';
import { startTestPostgres, type TestPostgres } from '#testing';
import { openDatabase } from '../database.js';
import { salaryHistory } from './history.js';
import { LedgerReader } from './ledger-reader.js';
import type { LedgerRow } from './ledger-rows.js';
import { ScorerStore } from '../scores/scorer-store.js';

const WINDOW_MS = 5000;
const STARTS_AT = 1_763_900_000_000;

let postgres: TestPostgres;
let database: DataSource;
let store: ScorerStore;
let reader: LedgerReader;
let games = 0;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.databaseUrl, { migrate: true });
  store = new ScorerStore(database);
  reader = new LedgerReader(database);
});

afterAll(async () => {
  await store?.close();
  await database?.destroy();
  await postgres?.stop();
});

const rowArbitrary = fc.record({
  teamId: fc.constantFrom('a', 'a-b', 'b', 'z9'),
  windowIndex: fc.integer({ min: 0, max: 12 }),
  serviceId: fc.constantFrom('', 'router', 'catalog'),
  reason: fc.constantFrom(...LEDGER_REASONS),
  counterpartyId: fc.constantFrom('a', 'b', 'Ünï "quoted"'),
  count: fc.integer({ min: 1, max: 500 }),
  cents: fc.integer({ min: -1_000_000, max: 1_000_000 }),
});
const rowsArbitrary = fc.uniqueArray(rowArbitrary, {
  maxLength: 40,
  selector: (r) => [r.teamId, r.windowIndex, r.serviceId, r.reason, r.counterpartyId].join('/'),
});

describe('LedgerReader', () => {
  it('pages through exactly the matching entries, once and in order, with consistent totals', async () => {
    const filterArbitrary = fc.record(
      {
        teamId: fc.constantFrom('a', 'b', 'nobody'),
        serviceId: fc.constantFrom('', 'router'),
        reason: fc.constantFrom(...LEDGER_REASONS),
        fromWindow: fc.integer({ min: 0, max: 12 }),
        toWindow: fc.integer({ min: 0, max: 12 }),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        filterArbitrary,
        fc.integer({ min: 1, max: 9 }),
        async (some, filter, limit) => {
          const gameId = await ledgerOf(some);
          const ofAnyReason = some.filter(
            (r) =>
              (filter.teamId === undefined || r.teamId === filter.teamId) &&
              (filter.serviceId === undefined || r.serviceId === filter.serviceId) &&
              r.windowIndex >= (filter.fromWindow ?? 0) &&
              r.windowIndex <= (filter.toWindow ?? Infinity),
          );
          const expected = ofAnyReason
            .filter((r) => filter.reason === undefined || r.reason === filter.reason)
            .sort(byKey);
          const counted = (...reasons: LedgerReason[]): number =>
            ofAnyReason.reduce((total, r) => total + (reasons.includes(r.reason) ? r.count : 0), 0);
          const seen: LedgerRow[] = [];
          let cursor: string | undefined;
          do {
            const page = await reader.page({ gameId, ...filter, limit, cursor });
            expect(page.total).toEqual({ entries: expected.length, cents: sum(expected) });
            expect(page.requests).toEqual({
              requests: counted('served', 'failed', 'unscored'),
              unscored: counted('unscored'),
            });
            expect(page.rows.length).toBeLessThanOrEqual(limit);
            seen.push(...page.rows);
            cursor = page.nextCursor ?? undefined;
          } while (cursor !== undefined);
          expect(seen.map(keyAndCents)).toEqual(expected.map(keyAndCents));
          const streamed: LedgerRow[] = [];
          for await (const row of reader.stream({ gameId, ...filter }, 7)) streamed.push(row);
          expect(streamed).toEqual(seen);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('adds up to the salary of every team', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, async (some) => {
        const sums = await reader.sums(await ledgerOf(some));
        for (const teamId of new Set(some.map((r) => r.teamId)))
          expect(sums.get(teamId)).toBe(sum(some.filter((r) => r.teamId === teamId)));
      }),
      { numRuns: 20 },
    );
  });

  it('returns the salary from the same snapshot when the query names a team', async () => {
    const gameId = await ledgerOf([
      { teamId: 'a', windowIndex: 1, serviceId: 'router', reason: 'served', counterpartyId: 'a', cents: 77 },
    ]);
    expect(await reader.page({ gameId, teamId: 'a', limit: 10 })).toMatchObject({ salaryCents: 77 });
    expect(await reader.page({ gameId, teamId: 'nobody', limit: 10 })).toMatchObject({
      salaryCents: 0,
      rows: [],
    });
    expect(await reader.page({ gameId, limit: 10 })).toMatchObject({ salaryCents: null });
  });

  it('never shows a partial commit while a scorer writes', async () => {
    const gameId = `torn-${++games}`;
    const partition = games;
    const { fencingEpoch } = await store.claim(partition);
    let writing = true;
    const writer = (async () => {
      for (let commitSeq = 1; commitSeq <= 60; commitSeq++)
        await store.commit({
          ...empty(partition, fencingEpoch, commitSeq),
          ledger: [
            fullRow(gameId, { windowIndex: commitSeq, cents: 3 }),
            fullRow(gameId, { windowIndex: commitSeq, reason: 'failed', cents: -1 }),
          ],
          scores: [score(gameId, 'a', commitSeq * 2)],
        });
      writing = false;
    })();
    let reads = 0;
    while (writing) {
      const page = await reader.page({ gameId, teamId: 'a', limit: 1000 });
      expect(page.total.cents).toBe(page.salaryCents);
      expect(sum(page.rows)).toBe(page.salaryCents);
      reads++;
    }
    await writer;
    expect(reads).toBeGreaterThan(0);
  });

  it('releases the connection of a stream that is abandoned early', async () => {
    const gameId = await ledgerOf(
      Array.from({ length: 20 }, (_, i) => ({
        teamId: 'a',
        windowIndex: i,
        serviceId: 's',
        reason: 'served' as const,
        counterpartyId: 'a',
        cents: i,
      })),
    );
    for (let i = 0; i < 15; i++)
      for await (const row of reader.stream({ gameId }, 2)) if (row.windowIndex > 3) break;
    expect((await reader.page({ gameId, limit: 1 })).total.entries).toBe(20);
  });

  it.each([
    '',
    'nonsense',
    Buffer.from('[1,2,3,4,5]').toString('base64url'),
    Buffer.from('{}').toString('base64url'),
  ])('refuses the cursor %j', async (cursor) => {
    await expect(reader.page({ gameId: 'g', limit: 1, cursor })).rejects.toMatchObject({
      code: 'invalid_query',
    });
  });
});

describe('salaryHistory', () => {
  it('is the running sum at window ends, reduced to the requested points, and ends at the salary', async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, fc.integer({ min: 1, max: 8 }), async (some, points) => {
        const gameId = await ledgerOf(some);
        const { series } = await salaryHistory(database, { gameId, points });
        expect(series.map((s) => s.teamId)).toEqual([...new Set(some.map((r) => r.teamId))].sort());
        for (const line of series) {
          const mine = some.filter((r) => r.teamId === line.teamId);
          expect(line.at.length).toBe(Math.min(points, new Set(mine.map((r) => r.windowIndex)).size));
          expect([...line.at].sort((a, b) => a - b)).toEqual(line.at);
          line.at.forEach((at, i) => {
            const upTo = mine.filter((r) => STARTS_AT + (r.windowIndex + 1) * WINDOW_MS <= at);
            expect(line.salaryCents[i]).toBe(sum(upTo));
          });
          expect(line.salaryCents.at(-1)).toBe(sum(mine));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('includes the pay from before the first requested point', async () => {
    const gameId = await ledgerOf(
      [10, 20, 30].map((cents, windowIndex) => ({
        teamId: 'a',
        windowIndex,
        serviceId: 's',
        reason: 'served' as const,
        counterpartyId: 'a',
        cents,
      })),
    );
    const query = { gameId, points: 10, fromAt: STARTS_AT + 2 * WINDOW_MS, toAt: STARTS_AT + 2 * WINDOW_MS };
    expect((await salaryHistory(database, query)).series).toEqual([
      { teamId: 'a', at: [STARTS_AT + 10_000], salaryCents: [30] },
    ]);
    expect((await salaryHistory(database, { ...query, teamIds: ['b'] })).series).toEqual([]);
  });
});

type SomeRow = Pick<
  LedgerRow,
  'teamId' | 'windowIndex' | 'serviceId' | 'reason' | 'counterpartyId' | 'cents'
>;

/** A new game with these entries, and team scores that are their sums. */
async function ledgerOf(some: readonly SomeRow[]): Promise<string> {
  const partition = ++games;
  const gameId = `game-${partition}`;
  await database.query(
    `INSERT INTO game (id, name, seed, scenario, state, created_at) VALUES ($1, 'G', 's', $2, 'running', 0)`,
    [gameId, JSON.stringify({ pay: { windowMs: WINDOW_MS } })],
  );
  const { fencingEpoch } = await store.claim(partition);
  await store.commit({
    ...empty(partition, fencingEpoch, 1),
    ledger: some.map((row) => fullRow(gameId, row)),
    scores: [...new Set(some.map((r) => r.teamId))].map((teamId) =>
      score(gameId, teamId, sum(some.filter((r) => r.teamId === teamId))),
    ),
  });
  return gameId;
}

function empty(partition: number, fencingEpoch: number, commitSeq: number) {
  return {
    partition,
    fencingEpoch,
    commitSeq,
    positions: {},
    state: new Uint8Array(),
    ledger: [],
    deleted: [],
    scores: [],
    windows: [],
  };
}

function fullRow(gameId: string, row: Partial<LedgerRow>): LedgerRow {
  return {
    gameId,
    teamId: 'a',
    windowIndex: 0,
    serviceId: 'router',
    reason: 'served',
    counterpartyId: 'a',
    windowStartAt: STARTS_AT + (row.windowIndex ?? 0) * WINDOW_MS,
    count: 1,
    cents: 0,
    histogram: null,
    samples: [],
    note: '',
    ...row,
  };
}

function score(gameId: string, teamId: string, salaryCents: number) {
  return {
    gameId,
    teamId,
    commitSeq: 1,
    asOf: 0,
    salaryCents,
    payPerMinuteCents: 0,
    trend: { oneMinuteCents: 0, fiveMinutesCents: 0 },
    services: [],
  };
}

function keyAndCents(r: SomeRow): unknown[] {
  return [r.teamId, r.windowIndex, r.serviceId, r.reason, r.counterpartyId, r.cents];
}

function byKey(a: SomeRow, b: SomeRow): number {
  const text = (x: string, y: string): number => Buffer.compare(Buffer.from(x), Buffer.from(y));
  return (
    text(a.teamId, b.teamId) ||
    a.windowIndex - b.windowIndex ||
    text(a.serviceId, b.serviceId) ||
    text(a.reason, b.reason) ||
    text(a.counterpartyId, b.counterpartyId)
  );
}

function sum(rows: readonly { cents: number }[]): number {
  return rows.reduce((total, row) => total + row.cents, 0);
}
