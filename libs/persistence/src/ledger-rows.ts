import type { FailureSample, LedgerReason } from '#contracts';

/** What identifies one ledger row. At most one row of a commit may have a given key. */
export interface LedgerKey {
  gameId: string;
  teamId: string;
  /** ≥ 0. */
  windowIndex: number;
  /** Empty for adjustments. */
  serviceId: string;
  reason: LedgerReason;
  counterparty: string;
}

/** One row of the ledger as it is stored: absolute values that replace those of an earlier commit. */
export interface LedgerRow extends LedgerKey {
  /** Start of the window, epoch ms. */
  windowStartAt: number;
  count: number;
  cents: number;
  /** Latencies of the good answers in the encoding of `#scoring`; null where there are none. */
  histogram: Uint8Array | null;
  samples: FailureSample[];
  note: string;
}

/** The columns of one table row as `SELECT` names them. */
export const LEDGER_COLUMNS = `game_id AS "gameId", team_id AS "teamId", window_index AS "windowIndex",
  service_id AS "serviceId", reason, counterparty, window_start_at AS "windowStartAt", count, cents, histogram,
  samples, note`;
