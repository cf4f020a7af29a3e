import type { DataSource } from 'typeorm';
import type { TeamScore } from '#contracts';
import { startTestPostgres, type TestPostgres } from '#testing';
import { openDatabase, parseInt8 } from '../database.js';
import { ENTITIES } from '../entities.js';
import type { LedgerRow } from '../ledger/ledger-rows.js';
import { committedScores } from './committed-scores.js';
import { type Commit, ScorerStore } from './scorer-store.js';

let postgres: TestPostgres;
let database: DataSource;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.databaseUrl, { migrate: true });
});

afterAll(async () => {
  await database?.destroy();
  await postgres?.stop();
});

describe('openDatabase', () => {
  it('migrates an empty database, and does nothing the second time', async () => {
    const again = await openDatabase(postgres.databaseUrl, { migrate: true });
    const tables = await again.query<{ name: string }[]>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
    );
    expect(tables.map((t) => t.name)).toEqual([
      'api_token',
      'audit_log',
      'chaos_command',
      'endpoint',
      'event_sequence',
      'fault',
      'frozen_standings',
      'game',
      'game_pause',
      'group_member',
      'ledger',
      'outbox',
      'partition_lease',
      'schema_migration',
      'scorer_checkpoint',
      'team',
      'team_score',
      'timeline_done',
      'timeline_held',
      'window_state',
    ]);
    await again.destroy();
  });

  it('creates a column for every property of every entity', async () => {
    for (const entity of ENTITIES)
      expect(await database.manager.find(entity as new () => object)).toEqual([]);
  });

  it('supports two services that migrate at the same time', async () => {
    await database.query('CREATE DATABASE twice');
    const url = postgres.databaseUrl.replace(/payday$/, 'twice');
    const both = await Promise.all([
      openDatabase(url, { migrate: true }),
      openDatabase(url, { migrate: true }),
    ]);
    await Promise.all(both.map((one) => one.destroy()));
  });

  it('reverts its migrations, the last one first', async () => {
    await database.query('CREATE DATABASE undone');
    const undone = await openDatabase(postgres.databaseUrl.replace(/payday$/, 'undone'), { migrate: true });
    for (const _ of undone.migrations) await undone.undoLastMigration();
    const [{ n }] = await undone.query(
      `SELECT count(*) AS n FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'schema_migration'`,
    );
    expect(n).toBe(0);
    await undone.destroy();
  });

  it('refuses a wrong password at once', async () => {
    const url = postgres.databaseUrl.replace(/:[^:@/]+@/, ':wrong@');
    await expect(openDatabase(url)).rejects.toMatchObject({ code: 'database_refused' });
  });

  it('gives up on an unreachable server after the time limit', async () => {
    await expect(
      openDatabase('postgres://x@127.0.0.1:1/x', { reachableWithinMs: 200 }),
    ).rejects.toMatchObject({
      code: 'database_unavailable',
      retryable: true,
    });
  });

  it('reads int8 as numbers and refuses values that they cannot represent', async () => {
    expect(await database.query('SELECT 9007199254740991::int8 AS n')).toEqual([{ n: 9007199254740991 }]);
    await expect(database.query('SELECT 9007199254740993::int8 AS n')).rejects.toMatchObject({
      code: 'unsafe_integer',
    });
    expect(parseInt8('-42')).toBe(-42);
    expect(await database.query('SELECT 1 AS still_works')).toEqual([{ still_works: 1 }]);
  });
});

describe('ScorerStore', () => {
  const stores: ScorerStore[] = [];
  const newStore = (): ScorerStore => {
    const store = new ScorerStore(database);
    stores.push(store);
    return store;
  };
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
  });

  it('starts a partition with empty state', async () => {
    expect(await newStore().claim(1)).toEqual({ fencingEpoch: 1, commitSeq: 0, positions: {}, state: null });
  });

  it('gives every claim a higher epoch, including concurrent ones', async () => {
    const epochs = await Promise.all(
      Array.from({ length: 6 }, async () => (await newStore().claim(2)).fencingEpoch),
    );
    expect([...epochs].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('writes checkpoint, ledger, salaries and windows together', async () => {
    const store = newStore();
    const { fencingEpoch } = await store.claim(3);
    const samples = [
      {
        intendedAt: 5,
        outcome: 'timeout',
        checkId: 'c',
        request: 'GET /"{}\\',
        expected: '',
        got: '',
        latencyMs: 1,
      },
    ];
    const histogram = Uint8Array.of(0, 255, 92, 7);
    const row = ledgerRow({ gameId: 'g3', cents: 12, histogram, samples, note: `it's "odd", {really}\\` });
    await store.commit(
      commit({
        partition: 3,
        fencingEpoch,
        ledger: [row, ledgerRow({ gameId: 'g3', reason: 'failed', cents: -5 })],
        scores: [score('g3', 'fenrir', 7)],
        windows: [{ key: 'g3/fenrir', windowIndex: 4, state: Uint8Array.of(9) }],
      }),
    );
    const stored = await database.query(`SELECT * FROM ledger WHERE game_id = 'g3' ORDER BY reason DESC`);
    expect(stored).toHaveLength(2);
    expect(stored[0]).toMatchObject({ cents: 12, samples, note: row.note, commit_seq: 1 });
    expect([...stored[0].histogram]).toEqual([...histogram]);
    expect(stored[1]).toMatchObject({ cents: -5, histogram: null, samples: [] });
    expect(await store.loadScores('g3')).toEqual([score('g3', 'fenrir', 7)]);
    const windows = await store.loadWindows(3, [
      { key: 'g3/fenrir', windowIndex: 4 },
      { key: 'g3/fenrir', windowIndex: 5 },
    ]);
    expect(windows.map((w) => [w.key, w.windowIndex, ...w.state])).toEqual([['g3/fenrir', 4, 9]]);
    const next = await newStore().claim(3);
    expect({ ...next, state: [...next.state!] }).toEqual({
      fencingEpoch: 2,
      commitSeq: 1,
      positions: { results: '1' },
      state: [1, 2, 3],
    });
  });

  it('replaces revised rows and removes deleted ones', async () => {
    const store = newStore();
    const { fencingEpoch } = await store.claim(4);
    const first = ledgerRow({ gameId: 'g4', cents: 10 });
    const gone = ledgerRow({ gameId: 'g4', reason: 'downtime', cents: -500 });
    await store.commit(commit({ partition: 4, fencingEpoch, ledger: [first, gone] }));
    await store.commit(
      commit({
        partition: 4,
        fencingEpoch,
        commitSeq: 2,
        ledger: [{ ...first, cents: 25 }],
        deleted: [gone],
      }),
    );
    expect(await database.query(`SELECT reason, cents, commit_seq FROM ledger WHERE game_id = 'g4'`)).toEqual(
      [{ reason: 'served', cents: 25, commit_seq: 2 }],
    );
  });

  it('refuses the commit of a scorer that was replaced, and writes none of it', async () => {
    const stale = newStore();
    const old = await stale.claim(5);
    const fresh = newStore();
    const { fencingEpoch } = await fresh.claim(5);
    const wanted = { ledger: [ledgerRow({ gameId: 'g5' })], scores: [score('g5', 'fenrir', 1)] };
    await expect(
      stale.commit(commit({ partition: 5, fencingEpoch: old.fencingEpoch, ...wanted })),
    ).rejects.toMatchObject({ code: 'fenced', retryable: false });
    expect(await database.query(`SELECT 1 FROM ledger WHERE game_id = 'g5'`)).toEqual([]);
    expect(await fresh.loadScores('g5')).toEqual([]);
    await fresh.commit(commit({ partition: 5, fencingEpoch, ...wanted }));
    expect(await database.query(`SELECT cents FROM ledger WHERE game_id = 'g5'`)).toEqual([{ cents: 100 }]);
  });

  it('refuses a commit that is not the next one', async () => {
    const store = newStore();
    const { fencingEpoch } = await store.claim(6);
    await expect(store.commit(commit({ partition: 6, fencingEpoch, commitSeq: 2 }))).rejects.toMatchObject({
      code: 'fenced',
    });
  });

  it('applies a repeated commit once', async () => {
    const store = newStore();
    const { fencingEpoch } = await store.claim(7);
    const once = commit({ partition: 7, fencingEpoch, ledger: [ledgerRow({ gameId: 'g7' })] });
    await store.commit(once);
    await store.commit(once);
    expect((await store.claim(7)).commitSeq).toBe(1);
  });

  it('makes the latest scores of each game readable', async () => {
    const store = newStore();
    const { fencingEpoch } = await store.claim(11);
    const scores = [score('g11', 'ants', 10), score('g11', 'bees', 10), score('g12', 'ants', 7)];
    await store.commit(commit({ partition: 11, fencingEpoch, scores }));
    await store.commit(
      commit({ partition: 11, fencingEpoch, commitSeq: 2, scores: [score('g11', 'bees', 20)] }),
    );
    expect(await committedScores(database, 'g11')).toEqual([
      score('g11', 'ants', 10),
      score('g11', 'bees', 20),
    ]);
    expect(await committedScores(database, 'g13')).toEqual([]);
  });

  it('writes nothing when one part of a commit fails', async () => {
    const store = newStore();
    const { fencingEpoch } = await store.claim(8);
    const bad = { ...ledgerRow({ gameId: 'g8' }), note: 'a null byte \u0000 is refused by PostgreSQL' };
    await expect(
      store.commit(
        commit({
          partition: 8,
          fencingEpoch,
          scores: [score('g8', 'fenrir', 1)],
          ledger: [ledgerRow({ gameId: 'g8', reason: 'failed' }), bad],
        }),
      ),
    ).rejects.toThrow();
    expect(await database.query(`SELECT 1 FROM ledger WHERE game_id = 'g8'`)).toEqual([]);
    expect(await store.loadScores('g8')).toEqual([]);
    expect(await store.claim(8)).toMatchObject({ commitSeq: 0, state: null });
  });

  it('reports a lost connection as retryable, and works again afterwards', async () => {
    const store = newStore();
    const { fencingEpoch } = await store.claim(9);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'payday-scorer' AND pid <> pg_backend_pid()`,
    );
    const wanted = commit({ partition: 9, fencingEpoch });
    await store.commit(wanted).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'database_unavailable', retryable: true });
      return store.commit(wanted);
    });
    expect((await store.claim(9)).commitSeq).toBe(1);
  });

  it('commits thousands of rows', async () => {
    const store = newStore();
    const { fencingEpoch } = await store.claim(10);
    const ledger = Array.from({ length: 5000 }, (_, i) =>
      ledgerRow({
        gameId: 'g10',
        teamId: `team-${i % 500}`,
        windowIndex: Math.floor(i / 500),
        cents: i,
        histogram: new Uint8Array(60),
      }),
    );
    await store.commit(commit({ partition: 10, fencingEpoch, ledger }));
    const [{ n, cents }] = await database.query(
      `SELECT count(*) AS n, sum(cents)::int8 AS cents FROM ledger WHERE game_id = 'g10'`,
    );
    expect({ n, cents }).toEqual({ n: 5000, cents: (4999 * 5000) / 2 });
  });
});

function commit(part: Partial<Commit> & Pick<Commit, 'partition' | 'fencingEpoch'>): Commit {
  return {
    commitSeq: 1,
    positions: { results: '1' },
    state: Uint8Array.of(1, 2, 3),
    ledger: [],
    deleted: [],
    scores: [],
    windows: [],
    ...part,
  };
}

function ledgerRow(part: Partial<LedgerRow>): LedgerRow {
  return {
    gameId: 'g',
    teamId: 'fenrir',
    windowIndex: 0,
    serviceId: 'router',
    reason: 'served',
    counterpartyId: 'fenrir',
    windowStartAt: 1_000_000,
    count: 1,
    cents: 100,
    histogram: null,
    samples: [],
    note: '',
    ...part,
  };
}

function score(gameId: string, teamId: string, salaryCents: number): TeamScore {
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
