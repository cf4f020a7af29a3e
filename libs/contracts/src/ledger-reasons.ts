/**
 * Why a ledger entry exists. `unscored` earns and costs nothing: it counts requests whose outcome is `prober_error`, so that
 * readers of the ledger see what the referee could not judge (docs/adr/0020-unscored-requests-in-the-ledger.md).
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
