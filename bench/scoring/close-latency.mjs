import { decodeProbeBatch, encodeProbeBatch } from '#contracts';
import { CoreRun } from './core-run.mjs';
import { SERVICES, SLOT_MS, SLOTS_PER_SECOND, STARTS_AT, WINDOW_MS, teamId } from './workload.mjs';

/** Greater than every seq of the stream. */
const FIRST_SEQ = 2 ** 30;

/**
 * From the bytes of the watermark that completes a window to that window's final rows: decode, step, snapshot, drain.
 * @param closing the number of teams whose windows one commit closes
 * @returns {number[]} microseconds of wall time, one per close
 */
export function closeLatencies(teams, size, closing, closes) {
  const run = new CoreRun(teams, size, true);
  const times = [];
  for (let second = 1; second <= closes + 3; second++) {
    run.seconds(1);
    // All in-order results of this window have arrived; the stream's own watermark lags by one window.
    const watermarkMs = STARTS_AT + second * WINDOW_MS;
    const watermarks = Array.from({ length: closing }, (_, team) =>
      watermarkOf(team, FIRST_SEQ + second, watermarkMs),
    );
    const startedAt = performance.now();
    const inputs = [{ kind: 'tick', nowMs: STARTS_AT + second * SLOTS_PER_SECOND * SLOT_MS }];
    for (const bytes of watermarks) inputs.push({ kind: 'batch', batch: decodeProbeBatch(bytes) });
    const { scores } = run.commit(inputs);
    const tookMs = performance.now() - startedAt;
    if (scores.length !== closing) throw new Error(`${scores.length} of ${closing} teams closed a window`);
    // The first iterations are warm-up.
    if (second > 3) times.push(tookMs * 1000);
  }
  return times;
}

function watermarkOf(team, seq, watermarkMs) {
  return encodeProbeBatch({
    gameId: 'game',
    teamId: teamId(team),
    role: 'consumer',
    serviceId: SERVICES[0],
    counterpartyId: teamId(team),
    proberId: 'prober-1',
    epoch: 1,
    seq,
    baseIntendedAtMs: 0,
    offsetMs: [],
    latencyUs: [],
    outcome: [],
    samples: [],
    watermarkMs,
  });
}
