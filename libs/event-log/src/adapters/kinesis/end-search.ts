/** Accuracy: the records of this period are read through. */
const NEAR_MS = 15_000;

export interface EndSearch {
  /** Whether the shard holds a record that arrived at that time or later. */
  hasRecordsSince(at: number): Promise<boolean>;
  nowMs: number;
  /** A lower bound of the records' arrival times. */
  firstMs: number;
}

/**
 * Kinesis does not report the end of a shard; it can only be read forward from a time. The search steps back twice as far
 * each time until it finds a record, then bisects.
 * @returns a time at most a few seconds before the newest record; null: read from the first record
 */
export async function findRecent({ hasRecordsSince, nowMs, firstMs }: EndSearch): Promise<number | null> {
  let none = nowMs;
  let some: number;
  for (let backMs = NEAR_MS; ; backMs *= 2) {
    some = nowMs - backMs;
    if (some <= firstMs) {
      if (none - firstMs <= NEAR_MS) return null;
      some = firstMs;
      break;
    }
    if (await hasRecordsSince(some)) break;
    none = some;
  }
  while (none - some > NEAR_MS) {
    const middle = Math.floor((none + some) / 2);
    if (await hasRecordsSince(middle)) some = middle;
    else none = middle;
  }
  return some <= firstMs ? null : some;
}
