import type { ProbingSpec } from './scenario.js';

/**
 * The time from a verdict in the prober to its score in the database if one delivery fails: 10 s until the prober gives up on
 * an unanswered request to ingest, 2 s until it retries, a watermark every 250 ms, a flush every 50 ms, and 2.7 s for the log,
 * the scorer's commit and its pollers. A test compares it with the prober's own settings.
 */
export const DELIVERY_MARGIN_MS = 15_000;

/**
 * How long after an instant every result that was intended before it is in the ledger, unless its prober is dead or ingest was
 * down for long: the last request may be answered only at its timeout, and then its result has to arrive.
 */
export function resultsDueWithinMs({ probing }: { probing: Pick<ProbingSpec, 'timeoutMs'> }): number {
  return probing.timeoutMs + DELIVERY_MARGIN_MS;
}
