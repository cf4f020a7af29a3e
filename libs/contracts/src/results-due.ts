import type { ProbingSpec } from './scenario.js';

/**
 * From a verdict in the prober to its score in the database, where one delivery fails on the way: 10 s until the prober gives an
 * unanswered request to ingest up, 2 s of pause before it repeats it, a watermark that is renewed every 250 ms, a flush every
 * 50 ms, and 2.7 s for the log, the scorer's commit and whoever polls it. A test holds the prober's own figures against it.
 */
export const DELIVERY_MARGIN_MS = 15_000;

/**
 * So long after an instant every result that was intended before it is in the ledger, unless its prober is dead or ingest was
 * away for long: the last request may be answered only when its time is over, and then its result has to arrive.
 */
export function resultsDueWithinMs({ probing }: { probing: Pick<ProbingSpec, 'timeoutMs'> }): number {
  return probing.timeoutMs + DELIVERY_MARGIN_MS;
}
