import { DELIVERY_MARGIN_MS } from '#contracts';
import { PROBER_DEFAULTS } from './prober.js';
import { REPORTER_DEFAULTS } from './reporter.js';

/** Allowance for what follows ingest: the log, the scorer's commit, and polling for it. */
const BEHIND_INGEST_MS = 2_500;

it('the ledger stays open for a result whose first delivery fails in the slowest way', () => {
  const { flushMs, requestTimeoutMs, maxBackoffMs } = REPORTER_DEFAULTS;
  const { watermarkEveryMs } = PROBER_DEFAULTS;
  const neededMs = flushMs + watermarkEveryMs + requestTimeoutMs + maxBackoffMs + BEHIND_INGEST_MS;
  expect(DELIVERY_MARGIN_MS).toBeGreaterThanOrEqual(neededMs);
});
