import type { LedgerSnapshot, LedgerRow as StoredRow } from '#persistence';
import {
  decodeHistogram,
  encodeHistogram,
  latencyPercentiles,
  type LedgerKey,
  type LedgerRow,
} from '#scoring';

export type Difference =
  | { what: 'row_changed'; key: LedgerKey; fields: FieldDifference[] }
  /** The log implies this row, but the ledger lacks it. */
  | { what: 'row_missing'; key: LedgerKey; cents: number; count: number }
  /** The ledger has this row, but the log does not imply it. */
  | { what: 'row_unfounded'; key: LedgerKey; cents: number; count: number }
  /** Null: there is no such row. */
  | { what: 'salary_changed'; teamId: string; stored: number | null; recomputed: number | null };

export interface FieldDifference {
  field: string;
  stored: unknown;
  recomputed: unknown;
}

/** Compares the stored rows with `recomputed`, which it empties. @returns the differences in ledger order */
export async function compareRows(
  stored: AsyncIterable<StoredRow>,
  recomputed: Map<string, LedgerRow>,
): Promise<{ rows: number; differences: Difference[] }> {
  const differences: Difference[] = [];
  let rows = 0;
  for await (const row of stored) {
    rows++;
    const key = rowKey(row);
    const mine = recomputed.get(key);
    if (!mine) {
      differences.push({ what: 'row_unfounded', key: keyOf(row), cents: row.cents, count: row.count });
      continue;
    }
    recomputed.delete(key);
    const fields = compareFields(row, mine);
    if (fields.length > 0) differences.push({ what: 'row_changed', key: keyOf(row), fields });
  }
  for (const row of recomputed.values())
    differences.push({ what: 'row_missing', key: keyOf(row), cents: row.cents, count: row.count });
  recomputed.clear();
  return { rows, differences };
}

export function compareSalaries(
  scores: LedgerSnapshot['scores'],
  recomputed: ReadonlyMap<string, number>,
): Difference[] {
  const stored = new Map(scores.map((score) => [score.teamId, score.salaryCents]));
  return [...new Set([...stored.keys(), ...recomputed.keys()])].sort().flatMap((teamId): Difference[] => {
    const pair = { stored: stored.get(teamId) ?? null, recomputed: recomputed.get(teamId) ?? null };
    return pair.stored === pair.recomputed ? [] : [{ what: 'salary_changed', teamId, ...pair }];
  });
}

/** Identifies a row among those of its game. */
export function rowKey(key: LedgerKey): string {
  return JSON.stringify([key.teamId, key.windowIndex, key.serviceId, key.reason, key.counterpartyId]);
}

function keyOf({ gameId, teamId, windowIndex, serviceId, reason, counterpartyId }: LedgerKey): LedgerKey {
  return { gameId, teamId, windowIndex, serviceId, reason, counterpartyId };
}

function compareFields(stored: StoredRow, mine: LedgerRow): FieldDifference[] {
  const out: FieldDifference[] = [];
  for (const field of ['windowStartAt', 'count', 'cents', 'note'] as const) {
    if (stored[field] !== mine[field]) out.push({ field, stored: stored[field], recomputed: mine[field] });
  }
  if (!sameHistogram(stored.histogram, mine.histogram))
    out.push({ field: 'histogram', stored: shown(stored.histogram), recomputed: shown(mine.histogram) });
  // PostgreSQL reorders the keys of JSON objects.
  if (canonical(stored.samples) !== canonical(mine.samples))
    out.push({ field: 'samples', stored: stored.samples, recomputed: mine.samples });
  return out;
}

/** An earlier version may have written the same counts in another encoding that this version still reads. */
function sameHistogram(stored: Uint8Array | null, mine: Uint8Array | null): boolean {
  if (stored === null || mine === null) return stored === mine;
  if (sameBytes(stored, mine)) return true;
  try {
    return sameBytes(encodeHistogram(decodeHistogram(stored)), mine);
  } catch {
    return false;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}

/** Percentiles are more readable than bytes; bytes that are no histogram are shown as they are. */
function shown(histogram: Uint8Array | null): unknown {
  if (histogram === null) return null;
  const bytes = Buffer.from(histogram).toString('hex');
  try {
    return { ...latencyPercentiles(histogram), bytes };
  } catch {
    return { bytes };
  }
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
