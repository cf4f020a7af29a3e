import type { LedgerEntry } from '#contracts';
import { decodeHistogram } from './histogram.js';

/**
 * Percentiles of a ledger row's stored histogram, in milliseconds with two decimals; null if there is none.
 * @throws PaydayError `corrupt_state`
 */
export function latencyPercentiles(histogram: Uint8Array | null): LedgerEntry['latencyMs'] {
  if (histogram === null) return null;
  const latencies = decodeHistogram(histogram);
  if (latencies.count === 0) return null;
  const ms = (percent: number): number => Math.round(latencies.percentile(percent)! / 10) / 100;
  return { p50: ms(50), p95: ms(95), p99: ms(99) };
}
