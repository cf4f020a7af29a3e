import { OUTCOME, OUTCOMES, type ProbeBatch } from '#contracts';
import { Accumulator } from './accumulator.js';
import { bucketOf } from './histogram.js';
import { MIXED_BAND, type CompiledPay } from './pay.js';
import type { WindowSchedule } from './schedule.js';
import type { TeamState } from './team-state.js';
import type { ScoringCounters } from './types.js';

const { ok: OK, prober_error: PROBER_ERROR, no_endpoint: NO_ENDPOINT } = OUTCOME;
/** A run: the results of one batch that belong to one window and one second, and their sums. */
interface Run {
  /** Range of offsets, [from, to). */
  from: number;
  to: number;
  /** Epoch seconds. */
  second: number;
  /** Whether the window had already closed. */
  late: boolean;
  acc: Accumulator;
  ok: number;
  slow: number;
  failed: number;
  missing: number;
  unscored: number;
}

const NOBODY = new Accumulator('consumer', '', 0);
const emptyRun = (): Run => ({
  from: 0,
  to: 0,
  second: 0,
  late: false,
  acc: NOBODY,
  ok: 0,
  slow: 0,
  failed: 0,
  missing: 0,
  unscored: 0,
});
/** Reused by every batch: counting is never re-entered. A batch rarely has more than three runs. */
const runs = Array.from({ length: 8 }, emptyRun);
const noRun = emptyRun();

/**
 * Counts the results of one batch: the hot path, one pass over the columns. Each run is looked up once, and its sums stay
 * in locals while consecutive results belong to it.
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
  const startsAt = schedule.startsAt!;
  const length = offsetMs.length;
  let opened = 0;
  let run = noRun;
  let { from, to, acc } = run;
  let { bands } = acc;
  let { counts, low } = acc.latencies;
  let ok = 0;
  let slow = 0;
  let failed = 0;
  let missing = 0;
  let unscored = 0;

  for (let i = 0; i < length; i++) {
    const offset = offsetMs[i]!;
    const code = outcome[i]!;
    if (offset < from || offset >= to) {
      const at = base + offset;
      if (at < startsAt) {
        counters.outsideGame++;
        continue;
      }
      addTo(run, ok, slow, failed, missing, unscored);
      ok = slow = failed = missing = unscored = 0;
      let next = 0;
      while (next < opened && (offset < runs[next]!.from || offset >= runs[next]!.to)) next++;
      if (next === opened) {
        if (opened === runs.length) {
          endRuns(opened, team, service, batch, counters);
          next = opened = 0;
        }
        openRun(runs[opened++]!, at, team, service, batch, pay, schedule);
      }
      run = runs[next]!;
      ({ from, to, acc } = run);
      ({ bands } = acc);
      ({ counts, low } = acc.latencies);
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
        if (count === 256) acc.latencies.carry(bucket);
      } else {
        acc.latencies.addBucket(bucket);
        ({ counts, low } = acc.latencies);
      }
      bands[band]!++;
      slow += slowBands[band]!;
      ok++;
    } else if (code === PROBER_ERROR) unscored++;
    else {
      failed++;
      if (code === NO_ENDPOINT) missing++;
    }
  }
  addTo(run, ok, slow, failed, missing, unscored);
  endRuns(opened, team, service, batch, counters);
  if (batch.samples.length > 0) keepSamples(team, service, batch, pay, schedule);
}

function openRun(
  run: Run,
  at: number,
  team: TeamState,
  service: number,
  batch: ProbeBatch,
  pay: CompiledPay,
  schedule: WindowSchedule,
): void {
  const base = batch.baseIntendedAtMs;
  const index = schedule.indexOf(at);
  const windowFrom = schedule.startOf(index);
  const windowTo = windowFrom + schedule.windowMs;
  run.acc = team.window(index).accumulator(service, batch.role, batch.counterpartyId, pay);
  run.late = index < team.closedBelow;
  if (batch.role === 'consumer') {
    const second = Math.floor(at / 1000);
    run.second = second;
    run.from = Math.max(windowFrom, second * 1000) - base;
    run.to = Math.min(windowTo, second * 1000 + 1000) - base;
  } else {
    run.from = windowFrom - base;
    run.to = windowTo - base;
  }
}

function addTo(run: Run, ok: number, slow: number, failed: number, missing: number, unscored: number): void {
  run.ok += ok;
  run.slow += slow;
  run.failed += failed;
  run.missing += missing;
  run.unscored += unscored;
}

function endRuns(
  opened: number,
  team: TeamState,
  service: number,
  { role }: ProbeBatch,
  counters: ScoringCounters,
): void {
  for (let i = 0; i < opened; i++) {
    const run = runs[i]!;
    const { acc, ok, failed, unscored, second } = run;
    if (ok > 0) {
      acc.okDirty = true;
      acc.latencies.counted(ok);
    }
    if (failed > 0) {
      acc.failedDirty = true;
      acc.failed += failed;
    }
    if (unscored > 0) {
      acc.unscoredDirty = true;
      acc.unscored += unscored;
    }
    // A result that the prober could not judge says nothing about the service and must not change its status.
    if (role === 'consumer' && ok + failed > 0) {
      if (second > team.latestSecond) team.latestSecond = second;
      team.health[service]!.add(second, ok, run.slow, failed, run.missing);
    }
    counters.results += ok + failed;
    counters.unscored += unscored;
    if (run.late) counters.late += ok + failed;
    run.acc = NOBODY;
    run.ok = run.slow = run.failed = run.missing = run.unscored = 0;
  }
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
