import type { DataSource } from 'typeorm';
import { DELIVERY_MARGIN_MS, type LedgerRow } from '#contracts';
import { buildScenario, startTestPostgres, type TestPostgres } from '#testing';
import { openDatabase } from '../database.js';
import { frozenStandings } from './frozen-standings.js';
import { GameStore } from '../games/game-store.js';
import { ScorerStore } from './scorer-store.js';

const START = 1_763_900_000_000;
const WINDOW = 5_000;
const FROZEN_AT = START + 400_000;

let postgres: TestPostgres;
let database: DataSource;
let scorer: ScorerStore;
let fencingEpoch: number;
let commitSeq: number;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.databaseUrl, { migrate: true });
  const games = new GameStore(database);
  const scenario = buildScenario();
  const pay = { ...scenario.pay, windowMs: WINDOW };
  const times = {
    startsAt: START,
    endsAt: START + 600_000,
    pausedAt: null,
    sealedAt: null,
    lastAliveAt: null,
  };
  const team = (id: string) => ({ id, name: id, color: 'red', ranked: true });
  await games.transaction(async (manager) => {
    for (const id of ['g', 'empty'])
      await games.insert(
        manager,
        {
          id,
          name: 'G',
          seed: 's',
          scenario: { ...scenario, pay },
          state: 'running',
          createdAt: 1,
          ...times,
        },
        id === 'g' ? [team('a'), team('b')] : [],
        [],
      );
  });
  scorer = new ScorerStore(database);
  ({ fencingEpoch, commitSeq } = await scorer.claim(0));
}, 60_000);
afterAll(async () => {
  await scorer?.close();
  await database?.destroy();
  await postgres?.stop();
});

/** Commits one amount in cents per window from the start on, and the watermark. */
async function commit(teamId: string, cents: number[], asOf: number): Promise<void> {
  const ledger = cents.map((amount, windowIndex): LedgerRow => ({
    gameId: 'g',
    teamId,
    windowIndex,
    serviceId: 'router',
    reason: 'served',
    counterpartyId: teamId,
    windowStartAt: START + windowIndex * WINDOW,
    count: 1,
    cents: amount,
    histogram: null,
    samples: [],
    note: '',
  }));
  await scorer.commit({
    partition: 0,
    fencingEpoch,
    commitSeq: ++commitSeq,
    positions: {},
    state: new Uint8Array(),
    deleted: [],
    windows: [],
    ledger,
    scores: [
      {
        gameId: 'g',
        teamId,
        commitSeq,
        asOf,
        salaryCents: cents.reduce((sum, each) => sum + each, 0),
        payPerMinuteCents: 0,
        trend: { oneMinuteCents: 0, fiveMinutesCents: 0 },
        services: [],
      },
    ],
  });
}

/** The last request may take its full timeout to fail, and its result needs time to arrive. */
const GRACE_MS = buildScenario().probing.timeoutMs + DELIVERY_MARGIN_MS;
const freeze = { gameId: 'g', frozenAt: FROZEN_AT };
const BEFORE = FROZEN_AT - START;

test('are settled once all results from before the freeze are in, from those alone, the same for every reader', async () => {
  const windows = BEFORE / WINDOW;
  const earned = Array.from({ length: windows + 10 }, (_, n) => (n < windows ? 1 : 1_000_000));
  await commit('a', earned, FROZEN_AT + 3_000);
  await commit('b', [5], FROZEN_AT - 1);
  expect(await frozenStandings(database, freeze, FROZEN_AT - 1)).toBe(null);
  expect(await frozenStandings(database, freeze, FROZEN_AT + GRACE_MS - 1)).toBe(null);
  await commit('b', [7], FROZEN_AT);
  const asked = await Promise.all(
    Array.from({ length: 8 }, () => frozenStandings(database, freeze, FROZEN_AT + 500)),
  );
  const expected = [
    { teamId: 'a', salaryCents: windows, payPerMinuteCents: 12, oneMinuteCents: 12, fiveMinutesCents: 60 },
    { teamId: 'b', salaryCents: 7, payPerMinuteCents: 0, oneMinuteCents: 0, fiveMinutesCents: 0 },
  ];
  for (const scores of asked) expect(scores).toEqual(expected);
  await commit('b', [999], FROZEN_AT + 60_000);
  expect(await frozenStandings(database, freeze, FROZEN_AT + 60_000)).toEqual(expected);
});

test('are settled without missing results after a grace period, and again for another freeze', async () => {
  const other = { gameId: 'g', frozenAt: FROZEN_AT + 100_000 };
  expect(await frozenStandings(database, other, other.frozenAt + GRACE_MS - 1)).toBe(null);
  const scores = await frozenStandings(database, other, other.frozenAt + GRACE_MS);
  expect(scores).toContainEqual(expect.objectContaining({ teamId: 'b', salaryCents: 999 }));
});

test('do not exist for a game without a ledger', async () => {
  expect(await frozenStandings(database, { gameId: 'empty', frozenAt: FROZEN_AT }, FROZEN_AT)).toEqual([]);
  expect(await frozenStandings(database, { gameId: 'none', frozenAt: FROZEN_AT }, FROZEN_AT)).toBe(null);
});
