import type { LedgerEntry } from './api/ledger.js';

/** One line of CSV as RFC 4180 says, without the line's end. Absent values are empty. */
export function csvLine(values: readonly (string | number | boolean | null | undefined)[]): string {
  return values.map((value) => csvField(value ?? '')).join(',');
}

function csvField(value: string | number | boolean): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The ledger as a table: `ledgerCsvValues` gives these columns. */
export const LEDGER_CSV_COLUMNS = [
  'gameId',
  'teamId',
  'windowIndex',
  'windowStartAt',
  'windowEndAt',
  'serviceId',
  'reason',
  'counterpartyId',
  'count',
  'cents',
  'p50Ms',
  'p95Ms',
  'p99Ms',
  'note',
  'samples',
] as const;

/** `samples` is a column of JSON. */
export function ledgerCsvValues(entry: LedgerEntry): (string | number | null)[] {
  return [
    entry.gameId,
    entry.teamId,
    entry.windowIndex,
    entry.windowStartAt,
    entry.windowEndAt,
    entry.serviceId,
    entry.reason,
    entry.counterpartyId,
    entry.count,
    entry.cents,
    entry.latencyMs?.p50 ?? null,
    entry.latencyMs?.p95 ?? null,
    entry.latencyMs?.p99 ?? null,
    entry.note,
    entry.samples.length === 0 ? '' : JSON.stringify(entry.samples),
  ];
}
