import { invalid } from './probe-batch-wire.js';
import { OUTCOMES, PROBE_BATCH_LIMITS, ROLES, type ProbeBatch } from './probe-batch.js';

const { maxResultsPerBatch, maxSamplesPerBatch, maxLatencyUs } = PROBE_BATCH_LIMITS;
const maxTextLength = PROBE_BATCH_LIMITS.maxSampleTextLength;
/** Ids of games, teams and services have at most 40 characters; a prober may be named by its host. */
export const MAX_ID_LENGTH = 64;
/** So that the sum of base and offset stays an exact integer. */
const MAX_BASE_MS = Number.MAX_SAFE_INTEGER - 0xffff_ffff;

/**
 * The rules for every batch, whatever its encoding: ids of 1 to 64 characters, safe integers, columns of one length
 * with known outcomes and latencies up to the limit, samples that point into the columns, with texts without NUL.
 * @throws PaydayError `invalid_batch` naming the field.
 */
export function assertProbeBatch(batch: ProbeBatch): void {
  const { offsetMs, latencyUs, outcome } = batch;
  if (!ROLES.includes(batch.role)) throw invalid(`role must be one of ${ROLES.join(', ')}`);
  assertId(batch.gameId, 'gameId');
  assertId(batch.teamId, 'teamId');
  assertId(batch.serviceId, 'serviceId');
  assertId(batch.counterpartyId, 'counterpartyId');
  assertId(batch.proberId, 'proberId');
  assertNumber(batch.epoch, 'epoch');
  assertNumber(batch.seq, 'seq');
  assertNumber(batch.baseIntendedAtMs, 'baseIntendedAtMs');
  assertNumber(batch.watermarkMs, 'watermarkMs');
  if (batch.baseIntendedAtMs > MAX_BASE_MS) throw invalid('baseIntendedAtMs is too far in the future');

  const count = offsetMs.length;
  if (latencyUs.length !== count || outcome.length !== count)
    throw unequalColumns(count, latencyUs.length, outcome.length);
  if (count > maxResultsPerBatch)
    throw invalid(`a batch of ${count} results is too large: at most ${maxResultsPerBatch}`);
  // Decoded columns are unsigned by type and nearly always pass at once; otherwise find the invalid value.
  if (!(offsetMs instanceof Uint32Array && withinLimits(latencyUs, outcome)))
    assertColumns(offsetMs, latencyUs, outcome);

  if (batch.samples.length > maxSamplesPerBatch)
    throw invalid(`samples has ${batch.samples.length} entries, at most ${maxSamplesPerBatch} may be`);
  batch.samples.forEach((sample, i) => {
    if (!Number.isInteger(sample.index) || sample.index < 0 || sample.index >= count)
      throw invalid(`samples[${i}].index ${sample.index} is none of the ${count} results`);
    for (const name of ['checkId', 'request', 'expected', 'got'] as const) {
      if (sample[name].length > maxTextLength)
        throw invalid(`samples[${i}].${name} has more than ${maxTextLength} characters`);
      // PostgreSQL cannot store a NUL in a text, so the scorer could never commit it.
      if (sample[name].includes('\0')) throw invalid(`samples[${i}].${name} holds a NUL character`);
    }
  });
}

function assertId(id: string, name: string): void {
  if (id.length === 0 || id.length > MAX_ID_LENGTH)
    throw invalid(`${name} must have 1 to ${MAX_ID_LENGTH} characters`);
}

function assertNumber(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw invalid(`${name} must be an integer from 0 to 2^53 − 1`);
}

/** True only if all values are within their limits; false negatives are possible. */
function withinLimits(latencyUs: ArrayLike<number>, outcome: ArrayLike<number>): boolean {
  if (!(latencyUs instanceof Uint32Array && outcome instanceof Uint32Array)) return false;
  // The OR of all values bounds them from above, and costs less than comparing; nearly always it suffices.
  let latencyBits = 0;
  let outcomeBits = 0;
  for (let i = 0; i < latencyUs.length; i++) {
    latencyBits |= latencyUs[i]!;
    outcomeBits |= outcome[i]!;
  }
  return latencyBits >>> 0 <= maxLatencyUs && outcomeBits >>> 0 < OUTCOMES.length;
}

function assertColumns(
  offsetMs: ArrayLike<number>,
  latencyUs: ArrayLike<number>,
  outcome: ArrayLike<number>,
): void {
  for (let i = 0; i < offsetMs.length; i++) {
    const offset = offsetMs[i]!;
    const latency = latencyUs[i]!;
    const code = outcome[i]!;
    if (offset >>> 0 !== offset) throw invalid(`offset_ms[${i}] must be an integer from 0 to 2^32 − 1`);
    if (latency >>> 0 !== latency || latency > maxLatencyUs)
      throw invalid(`latency_us[${i}] must be an integer from 0 to ${maxLatencyUs}`);
    if (code >>> 0 !== code || code >= OUTCOMES.length)
      throw invalid(`outcome[${i}] is ${code}: known outcomes are 0 to ${OUTCOMES.length - 1}`);
  }
}

/** The columns must have one length. */
export function unequalColumns(offsets: number, latencies: number, outcomes: number): Error {
  return invalid(
    `the columns must have one length: offset_ms has ${offsets}, latency_us ${latencies}, outcome ${outcomes}`,
  );
}
