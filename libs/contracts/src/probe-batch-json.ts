import { PaydayError } from '#kernel';
import { assertProbeBatch } from './probe-batch-codec.js';
import {
  OUTCOME,
  OUTCOMES,
  PROBE_BATCH_LIMITS,
  ROLES,
  type Outcome,
  type ProbeBatch,
  type ProbeSample,
  type Role,
} from './probe-batch.js';

const BATCH_KEYS = [
  'gameId',
  'teamId',
  'role',
  'serviceId',
  'counterpartyId',
  'proberId',
  'epoch',
  'seq',
  'watermarkAt',
  'results',
];
const RESULT_KEYS = ['intendedAt', 'latencyMs', 'outcome', 'sample'];
const SAMPLE_KEYS = ['checkId', 'request', 'expected', 'got'];

/**
 * A batch in the JSON form that people who write their own prober may send:
 *
 * ```json
 * {"gameId":"g","teamId":"t","serviceId":"s","proberId":"mine","epoch":1,"seq":0,"watermarkAt":1700000001000,
 *  "results":[{"intendedAt":1700000000000,"latencyMs":12.5,"outcome":"ok"}]}
 * ```
 * `role` is `consumer` and `counterpartyId` is the team unless given; `watermarkAt` 0 or absent: no watermark.
 * Results may come in any order. Latencies are rounded to whole microseconds.
 * @throws PaydayError `invalid_batch`; the message begins with the path of what is wrong, also in `details.path`.
 */
export function probeBatchFromJson(value: unknown): ProbeBatch {
  const batch = object(value, '', BATCH_KEYS);
  const teamId = text(batch, 'teamId', '');
  const results = batch['results'];
  if (!Array.isArray(results)) throw wrong('results', 'must be an array');
  if (results.length > PROBE_BATCH_LIMITS.maxResultsPerBatch)
    throw wrong('results', `may hold at most ${PROBE_BATCH_LIMITS.maxResultsPerBatch} entries`);

  const intendedAt: number[] = [];
  const latencyUs = new Uint32Array(results.length);
  const outcome = new Uint32Array(results.length);
  const samples: ProbeSample[] = [];
  results.forEach((entry: unknown, index) => {
    const path = `results[${index}]`;
    const result = object(entry, path, RESULT_KEYS);
    intendedAt.push(integer(result, 'intendedAt', path));
    const latency = result['latencyMs'];
    const maxMs = PROBE_BATCH_LIMITS.maxLatencyUs / 1000;
    if (typeof latency !== 'number' || !(latency >= 0 && latency <= maxMs))
      throw wrong(`${path}.latencyMs`, `must be a number from 0 to ${maxMs}`);
    latencyUs[index] = Math.round(latency * 1000);
    outcome[index] = OUTCOME[oneOf<Outcome>(result, 'outcome', path, OUTCOMES)];
    if (result['sample'] !== undefined) samples.push(sampleFrom(result['sample'], index, path));
  });
  let first = Infinity;
  let last = -Infinity;
  for (const at of intendedAt) {
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  if (last - first > 0xffff_ffff)
    throw wrong('results', 'must lie within 49 days of each other: send several batches');
  const baseIntendedAtMs = intendedAt.length === 0 ? 0 : first;

  const decoded: ProbeBatch = {
    gameId: text(batch, 'gameId', ''),
    teamId,
    role: batch['role'] === undefined ? 'consumer' : oneOf<Role>(batch, 'role', '', ROLES),
    serviceId: text(batch, 'serviceId', ''),
    counterpartyId: batch['counterpartyId'] === undefined ? teamId : text(batch, 'counterpartyId', ''),
    proberId: text(batch, 'proberId', ''),
    epoch: integer(batch, 'epoch', ''),
    seq: integer(batch, 'seq', ''),
    baseIntendedAtMs,
    offsetMs: Uint32Array.from(intendedAt, (at) => at - baseIntendedAtMs),
    latencyUs,
    outcome,
    samples,
    watermarkMs: batch['watermarkAt'] === undefined ? 0 : integer(batch, 'watermarkAt', ''),
  };
  assertProbeBatch(decoded);
  return decoded;
}

function sampleFrom(value: unknown, index: number, path: string): ProbeSample {
  const at = `${path}.sample`;
  const sample = object(value, at, SAMPLE_KEYS);
  return {
    index,
    checkId: text(sample, 'checkId', at),
    request: text(sample, 'request', at),
    expected: text(sample, 'expected', at),
    got: text(sample, 'got', at),
  };
}

type JsonObject = Record<string, unknown>;

function object(value: unknown, path: string, keys: readonly string[]): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(path, 'must be an object');
  for (const key of Object.keys(value))
    if (!keys.includes(key)) throw wrong(join(path, key), `is unknown; allowed are ${keys.join(', ')}`);
  return value as JsonObject;
}

function text(from: JsonObject, key: string, path: string): string {
  const value = from[key];
  if (typeof value !== 'string') throw wrong(join(path, key), 'must be a text');
  if (value.length > PROBE_BATCH_LIMITS.maxSampleTextLength)
    throw wrong(join(path, key), `may have at most ${PROBE_BATCH_LIMITS.maxSampleTextLength} characters`);
  return value;
}

function integer(from: JsonObject, key: string, path: string): number {
  const value = from[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw wrong(join(path, key), 'must be an integer from 0 to 2^53 − 1');
  return value;
}

function oneOf<T extends string>(from: JsonObject, key: string, path: string, allowed: readonly T[]): T {
  const value = from[key];
  const found = allowed.find((name) => name === value);
  if (found === undefined) throw wrong(join(path, key), `must be one of ${allowed.join(', ')}`);
  return found;
}

function join(path: string, key: string): string {
  // Keys are untrusted input: keep the message short.
  const name = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  return path === '' ? name : `${path}.${name}`;
}

function wrong(path: string, message: string): PaydayError {
  return new PaydayError('invalid_batch', `${path === '' ? 'the batch' : path} ${message}`, {
    details: { path },
  });
}
