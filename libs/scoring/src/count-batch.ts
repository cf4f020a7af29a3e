import { OUTCOME, OUTCOMES, type ProbeBatch } from '#contracts';
import type { Accumulator } from './accumulator.js';
import { bucketOf } from './histogram.js';
import { MIXED_BAND, type CompiledPay } from './pay.js';
import type { WindowSchedule } from './schedule.js';
import type { TeamState } from './team-state.js';
import type { ScoringCounters } from './types.js';

const { ok: OK, prober_error: PROBER_ERROR, no_endpoint: NO_ENDPOINT } = OUTCOME;
const NO_COUNTS = new Uint8Array(0);

/**
 * Counts the results of one batch: the hot path, one pass over the columns. Results come nearly in order, so it works in
 * runs of results of one window and one second: what belongs to a run is looked up once, and its sums are kept in locals.
 */
export function countBatch(
  team: TeamState,
  service: number,
  batch: ProbeBatch,
  pay: CompiledPay,
  schedule: WindowSchedule,
  counters: ScoringCounters,
): void {
  const { baseIntendedAtMs: base, offsetMs, latencyUs, outcome } = batch;
  const { bandOfBucket, slowBands } = pay;
  const { windowMs } = schedule;
  const startsAt = schedule.startsAt!;
  const health = batch.role === 'consumer' ? team.health[service]! : null;
  const length = offsetMs.length;
  let windowFrom = 0;
  let windowTo = 0;
  let acc: Accumulator | null = null;
  let counts: Uint8Array = NO_COUNTS;
  let low = 0;
  // The run: offsets in [from, to), and its sums.
  let from = 0;
  let to = 0;
  let second = 0;
  let ok = 0;
  let slow = 0;
  let failed = 0;
  let missing = 0;

  for (let i = 0; i < length; i++) {
    const offset = offsetMs[i]!;
    const code = outcome[i]!;
    if (offset < from || offset >= to) {
      const at = base + offset;
      if (at < startsAt) {
        counters.outsideGame++;
        continue;
      }
      if (code === PROBER_ERROR) continue;
      if (acc !== null) {
        endRun(acc, ok, failed, counters);
        health?.add(second, ok, slow, failed, missing);
        ok = slow = failed = missing = 0;
      }
      if (acc === null || at < windowFrom || at >= windowTo) {
        const index = schedule.indexOf(at);
        windowFrom = schedule.startOf(index);
        windowTo = windowFrom + windowMs;
        acc = team.window(index).accumulator(service, batch.role, batch.counterpartyId, pay);
        ({ counts, low } = acc.latencies);
        if (index < team.closedBelow) counters.late++;
      }
      if (health === null) {
        from = windowFrom - base;
        to = windowTo - base;
      } else {
        second = Math.floor(at / 1000);
        if (second > team.latestSecond) team.latestSecond = second;
        from = Math.max(windowFrom, second * 1000) - base;
        to = Math.min(windowTo, second * 1000 + 1000) - base;
      }
    }
    if (code === OK) {
      const latency = latencyUs[i]!;
      const bucket = bucketOf(latency);
      let band = bandOfBucket[bucket]!;
      if (band === MIXED_BAND) band = pay.bandOf(latency);
      const at = bucket - low;
      if (at >= 0 && at < counts.length) {
        const count = counts[at]! + 1;
        counts[at] = count;
        if (count === 256) acc!.latencies.carry(bucket);
      } else {
        acc!.latencies.addBucket(bucket);
        ({ counts, low } = acc!.latencies);
      }
      acc!.bands[band]!++;
      slow += slowBands[band]!;
      ok++;
    } else if (code !== PROBER_ERROR) {
      failed++;
      if (code === NO_ENDPOINT) missing++;
    }
  }
  if (acc !== null) {
    endRun(acc, ok, failed, counters);
    health?.add(second, ok, slow, failed, missing);
  }
  if (batch.samples.length > 0) keepSamples(team, service, batch, pay, schedule);
}

function endRun(acc: Accumulator, ok: number, failed: number, counters: ScoringCounters): void {
  if (ok > 0) {
    acc.okDirty = true;
    acc.latencies.counted(ok);
  }
  if (failed > 0) {
    acc.failedDirty = true;
    acc.failed += failed;
  }
  counters.results += ok + failed;
}

function keepSamples(
  team: TeamState,
  service: number,
  batch: ProbeBatch,
  pay: CompiledPay,
  schedule: WindowSchedule,
): void {
  for (const { index: i, checkId, request, expected, got } of batch.samples) {
    const offset = batch.offsetMs[i];
    const code = batch.outcome[i];
    if (offset === undefined || code === undefined || code === OK || code === PROBER_ERROR) continue;
    const intendedAt = batch.baseIntendedAtMs + offset;
    if (intendedAt < schedule.startsAt!) continue;
    const latencyMs = Math.floor((batch.latencyUs[i] ?? 0) / 1000);
    team
      .window(schedule.indexOf(intendedAt))
      .accumulator(service, batch.role, batch.counterpartyId, pay)
      .addSample({
        proberId: batch.proberId,
        sample: { intendedAt, outcome: OUTCOMES[code]!, checkId, request, expected, got, latencyMs },
      });
  }
}
