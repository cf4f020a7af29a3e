/** Close enough: what was appended in so much time is read through. */
const NEAR_MS = 15_000;

export interface EndSearch {
  /** Whether the shard holds a record that came at that time or later. */
  hasRecordsSince(at: number): Promise<boolean>;
  nowMs: number;
  /** No record is older. */
  firstMs: number;
}

/**
 * Kinesis tells nobody where a shard ends; it can only be read forward from a time. So: twice as far back each time, until
 * there is something, then halving between.
 * @returns a time behind which the newest record lies, by at most some seconds of other records; null: read from the first
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
