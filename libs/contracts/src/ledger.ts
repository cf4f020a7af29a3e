/**
 * Why a ledger entry exists. `unscored` earns and costs nothing: it counts requests whose outcome is `prober_error`, so that
 * whoever reads the ledger sees what the referee could not judge (docs/adr/0020-unscored-requests-in-the-ledger.md).
 */
export const LEDGER_REASONS = [
  'served',
  'failed',
  'downtime',
  'usage_fee',
  'adjustment',
  'unscored',
] as const;
export type LedgerReason = (typeof LEDGER_REASONS)[number];

/** Example of a failed request, for the team that wants to know why. */
export interface FailureSample {
  intendedAt: number;
  outcome: string;
  /** The check that failed, e.g. "quote". */
  checkId: string;
  /** What was asked: "GET /quotes/7?days=3". At most 200 characters. */
  request: string;
  /** What a right answer is. At most 200 characters. */
  expected: string;
  /** What came instead. At most 200 characters, control characters replaced. */
  got: string;
  latencyMs: number;
}

/** One line of the ledger. A team's salary is the sum of `cents` over its entries, always. */
export interface LedgerEntry {
  gameId: string;
  windowIndex: number;
  /** The window's interval in epoch ms: start inclusive, end exclusive. */
  windowStartAt: number;
  windowEndAt: number;
  teamId: string;
  /** Empty for adjustments. */
  serviceId: string;
  reason: LedgerReason;
  /** The other team for marketplace traffic; the team itself for its own; the adjustment's id for adjustments. */
  counterpartyId: string;
  /** Requests behind this entry; 1 for downtime and adjustments. */
  count: number;
  cents: number;
  /** Latency percentiles of the entry's good answers; null where there are none. */
  latencyMs: { p50: number; p95: number; p99: number } | null;
  samples: FailureSample[];
  /** What to tell people: an adjustment's reason, or "availability 20.0 % of 10 requests, below 90 %". */
  note: string;
}

/** How many of the requests of a team's own customers could not be judged, and so were not scored. */
export interface RequestCounts {
  /** All that count: served, failed and unscored. */
  requests: number;
  /** Those with trouble of the prober's own (`prober_error`); at most `requests`. */
  unscored: number;
}

/** From this share on, exclusive and in per cent of the requests, people are warned: more than this many were not scored. */
export const UNSCORED_WARNING_PERCENT = 1;

export function isAboveWarning({ requests, unscored }: RequestCounts): boolean {
  return unscored * 100 > requests * UNSCORED_WARNING_PERCENT;
}

/** What was not scored in one game, for who runs it. */
export interface UnscoredReport {
  total: RequestCounts;
  /** Teams whose customers sent anything, by id, with the services of each by id. */
  teams: (RequestCounts & { teamId: string; services: (RequestCounts & { id: string })[] })[];
  /** Windows of a team and service above the warning; those that lost most requests first, and not all of very many. */
  windows: UnscoredWindow[];
  /** How many windows are above the warning, listed or not. */
  windowsAbove: number;
}

export interface UnscoredWindow extends RequestCounts {
  teamId: string;
  serviceId: string;
  windowIndex: number;
  /** Epoch ms. */
  windowStartAt: number;
}

/** `GET /api/v1/ledger`. */
export interface LedgerPage {
  gameId: string;
  /** Set when one team was asked for: its salary, from the same database snapshot as the entries. */
  salaryCents: number | null;
  /** Over all entries that match, not only this page. */
  total: { entries: number; cents: number };
  /** Of the team, service and windows asked for, whatever the reason asked for. */
  requests: RequestCounts;
  entries: LedgerEntry[];
  /** Pass as `cursor` to get the next page; null on the last. */
  nextCursor: string | null;
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
