import { setTimeout as sleep } from 'node:timers/promises';

/** Duration of the warm-up. */
export const WARM_SECONDS = 3;

/**
 * Calls `work(i)` at a fixed rate, independent of earlier calls (open loop). The latency of a late call counts from its due
 * time.
 * @returns {Promise<number[]>} the latency of each call in ms, without the warm-up
 */
export async function atRate({ perSecond, seconds }, work) {
  const latencies = [];
  const calls = [];
  const total = (WARM_SECONDS + seconds) * perSecond;
  const startedAt = performance.now();
  for (let i = 0; i < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) * perSecond) / 1000));
    for (; i < due; i++) {
      const dueAt = startedAt + (i * 1000) / perSecond;
      const counts = i >= WARM_SECONDS * perSecond;
      calls.push(work(i, dueAt).then(() => counts && latencies.push(performance.now() - dueAt)));
    }
    await sleep(1);
  }
  await Promise.all(calls);
  return latencies;
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
