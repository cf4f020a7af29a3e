export type { LedgerKey, LedgerRow } from '#contracts';

/** The columns of one row as the fields of `LedgerRow`. */
export const LEDGER_COLUMNS = `game_id AS "gameId", team_id AS "teamId", window_index AS "windowIndex",
  service_id AS "serviceId", reason, counterparty AS "counterpartyId", window_start_at AS "windowStartAt", count, cents, histogram,
  samples, note`;
