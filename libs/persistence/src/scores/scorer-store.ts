import type { TeamScore } from '#contracts';
import { PaydayError } from '#kernel';
import type { DataSource } from 'typeorm';
import type { LedgerKey, LedgerRow } from '../ledger/ledger-rows.js';
import { DedicatedConnection } from '../dedicated-connection.js';
import * as sql from './scorer-sql.js';

/** The progress of a partition's scorer. */
export interface Claim {
  /** Higher than in every earlier claim of the partition. */
  fencingEpoch: number;
  /** Number of the last commit; 0 before the first. */
  commitSeq: number;
  /** Source positions by topic, or by any name that the scorer chose. */
  positions: Record<string, string>;
  state: Uint8Array | null;
}

export interface WindowKey {
  /** The scorer's name for the owner of the window, e.g. `game/team/service`. */
  key: string;
  windowIndex: number;
}

export interface WindowState extends WindowKey {
  state: Uint8Array;
}

export interface Commit {
  partition: number;
  fencingEpoch: number;
  /** One more than that of the last commit. */
  commitSeq: number;
  positions: Record<string, string>;
  state: Uint8Array;
  /** New and revised rows; keys are unique. */
  ledger: LedgerRow[];
  /** Rows that a revision removed; none of them is also in `ledger`. */
  deleted: LedgerKey[];
  /** At most one per team. */
  scores: TeamScore[];
  /** Accumulators of closed windows, kept so that late results can revise them; keys are unique. */
  windows: WindowState[];
}

/** A process suspended in the middle of a commit locks its partition's row and blocks a takeover. Equals the duration of a lease. */
const IDLE_TX_TIMEOUT = `SET idle_in_transaction_session_timeout = '2s'`;

/**
 * The scorer's side of the database: checkpoint, ledger and salaries, written atomically.
 * Each store has a connection of its own; its calls run one at a time.
 */
export class ScorerStore {
  private readonly connection: DedicatedConnection;

  constructor(dataSource: DataSource) {
    this.connection = new DedicatedConnection(dataSource, 'payday-scorer', {
      onConnected: (client) => client.query(IDLE_TX_TIMEOUT),
    });
  }

  /** Takes over a partition: commits of earlier claimants are refused from now on. */
  async claim(partition: number): Promise<Claim> {
    const [row] = await this.connection.run((query) => query<Claim>(sql.CLAIM, [partition]));
    return row!;
  }

  /**
   * Writes everything in one transaction. Repeating a successful commit (after a lost response) is harmless.
   * @throws PaydayError `fenced` if a newer claim exists or `commitSeq` is not the next number; nothing was written.
   * `database_unavailable` (retryable) if the outcome is unknown: repeat the same commit.
   */
  async commit(commit: Commit): Promise<void> {
    const { partition, fencingEpoch, commitSeq } = commit;
    const claim = [partition, fencingEpoch, commitSeq];
    await this.connection.transaction(async (query) => {
      const gate = await query(sql.ADVANCE, [
        ...claim,
        JSON.stringify(commit.positions),
        bytes(commit.state),
      ]);
      if (gate.length === 0) {
        const [done] = await query(sql.ALREADY_COMMITTED, claim);
        if (done !== undefined) return;
        throw new PaydayError(
          'fenced',
          `commit ${commitSeq} of partition ${partition} was refused: epoch ${fencingEpoch} is no longer current, or the commit is not the next one`,
          { details: { partition, fencingEpoch, commitSeq } },
        );
      }
      if (commit.deleted.length > 0) await query(sql.DELETE_LEDGER, keyColumns(commit.deleted));
      if (commit.ledger.length > 0)
        await query(sql.UPSERT_LEDGER, [...ledgerColumns(commit.ledger), commitSeq]);
      if (commit.scores.length > 0)
        await query(sql.UPSERT_SCORES, [...scoreColumns(commit.scores), commitSeq]);
      if (commit.windows.length > 0)
        await query(sql.UPSERT_WINDOWS, [
          partition,
          commit.windows.map((w) => w.key),
          commit.windows.map((w) => w.windowIndex),
          commit.windows.map((w) => bytes(w.state)),
        ]);
    });
  }

  /** Those of the requested accumulators that are stored, in any order. */
  async loadWindows(partition: number, keys: readonly WindowKey[]): Promise<WindowState[]> {
    if (keys.length === 0) return [];
    return this.connection.run((query) =>
      query<WindowState>(sql.LOAD_WINDOWS, [
        partition,
        keys.map((k) => k.key),
        keys.map((k) => k.windowIndex),
      ]),
    );
  }

  /** The last committed score of every team of a game. */
  async loadScores(gameId: string): Promise<TeamScore[]> {
    const rows = await this.connection.run((query) => query<{ score: TeamScore }>(sql.LOAD_SCORES, [gameId]));
    return rows.map((row) => row.score);
  }

  /** Finishes the current call and closes the connection. */
  async close(): Promise<void> {
    await this.connection.close();
  }
}

function keyColumns(keys: readonly LedgerKey[]): unknown[] {
  return [
    keys.map((k) => k.gameId),
    keys.map((k) => k.teamId),
    keys.map((k) => k.windowIndex),
    keys.map((k) => k.serviceId),
    keys.map((k) => k.reason),
    keys.map((k) => k.counterpartyId),
  ];
}

function ledgerColumns(rows: readonly LedgerRow[]): unknown[] {
  return [
    ...keyColumns(rows),
    rows.map((r) => r.windowStartAt),
    rows.map((r) => r.count),
    rows.map((r) => r.cents),
    rows.map((r) => (r.histogram === null ? null : bytes(r.histogram))),
    rows.map((r) => (r.samples.length === 0 ? '[]' : JSON.stringify(r.samples))),
    rows.map((r) => r.note),
  ];
}

function scoreColumns(scores: readonly TeamScore[]): unknown[] {
  return [
    scores.map((s) => s.gameId),
    scores.map((s) => s.teamId),
    scores.map((s) => s.salaryCents),
    scores.map((s) => JSON.stringify(s)),
  ];
}

/** The driver requires Buffers; this creates one without copying. */
function bytes(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
