import type { FailureSample, RequestCounts } from './api/ledger.js';
import type { LedgerReason } from './ledger-reasons.js';

/** From this share on, exclusive and in per cent of the requests, people are warned: more than this many were not scored. */
export const UNSCORED_WARNING_PERCENT = 1;

export function isAboveWarning({ requests, unscored }: RequestCounts): boolean {
  return unscored * 100 > requests * UNSCORED_WARNING_PERCENT;
}

/** What identifies one row of the ledger as it is stored. At most one row of a commit may have a given key. */
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

/** One row of the ledger as it is stored: absolute values that replace those of an earlier commit. */
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
