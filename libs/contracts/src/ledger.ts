import type { FailureSample, RequestCounts } from './api/ledger.js';
import type { LedgerReason } from './ledger-reasons.js';

/** A larger share of unscored requests than this raises a warning; in percent, exclusive. */
export const UNSCORED_WARNING_PERCENT = 1;

export function isAboveWarning({ requests, unscored }: RequestCounts): boolean {
  return unscored * 100 > requests * UNSCORED_WARNING_PERCENT;
}

/** What identifies one row of the ledger as it is stored. A commit holds at most one row per key. */
export interface LedgerKey {
  gameId: string;
  teamId: string;
  /** ≥ 0. */
  windowIndex: number;
  /** Empty for adjustments. */
  serviceId: string;
  reason: LedgerReason;
  counterpartyId: string;
}

/** One row of the ledger as it is stored: absolute values that replace an earlier commit's. */
export interface LedgerRow extends LedgerKey {
  /** Start of the window, epoch ms. */
  windowStartAt: number;
  count: number;
  cents: number;
  /** Latencies of the row's good answers (`decodeHistogram` of `#scoring`); null where there are none. */
  histogram: Uint8Array | null;
  samples: FailureSample[];
  note: string;
}
