import { ColumnScratch, columnRoom } from './column-scratch.js';
import { MAX_ID_LENGTH, assertProbeBatch, unequalColumns } from './probe-batch-rules.js';
import { PROBE_BATCH_LIMITS, ROLES, type ProbeBatch, type ProbeSample } from './probe-batch.js';
import { BYTES, VARINT, WireReader, WireWriter, invalid, truncated } from './probe-batch-wire.js';

/**
 * `ProbeBatch` in protobuf, exactly as probe_batch.proto says; any protobuf implementation can be on the other
 * side. docs/adr/0004-probe-batch-codec.md says why it is written by hand.
 *
 * Errors of every decoder here: `truncated_batch` if the bytes are not such a message (cut off, overlong, wrong
 * wire type), `invalid_batch` if the message breaks a rule (see `assertProbeBatch`). Nothing else is thrown,
 * and memory is bounded by a small multiple of the input.
 */

const { maxBodyBytes, maxBatchesPerRequest, maxResultsPerBatch, maxSamplesPerBatch } = PROBE_BATCH_LIMITS;
/** UTF-8 needs at most three bytes per UTF-16 code unit. */
const maxTextBytes = 3 * PROBE_BATCH_LIMITS.maxSampleTextLength;

export { assertProbeBatch };

/** Reused, because encoding is never reentrant and most batches hold a single result. */
const batchWriter = new WireWriter();
const sampleWriter = new WireWriter();

/** @throws PaydayError `invalid_batch` if the batch breaks a rule, so that nothing is sent that would be refused. */
export function encodeProbeBatch(batch: ProbeBatch): Uint8Array {
  assertProbeBatch(batch);
  const out = batchWriter.clear();
  out.textField(1, batch.gameId);
  out.textField(2, batch.teamId);
  out.uintField(3, ROLES.indexOf(batch.role));
  out.textField(4, batch.serviceId);
  out.textField(5, batch.counterpartyId);
  out.textField(6, batch.proberId);
  out.uintField(7, batch.epoch);
  out.uintField(8, batch.seq);
  out.uintField(9, batch.baseIntendedAtMs);
  out.packedField(10, batch.offsetMs);
  out.packedField(11, batch.latencyUs);
  out.packedField(12, batch.outcome);
  for (const sample of batch.samples) {
    const inner = sampleWriter.clear();
    inner.uintField(1, sample.index);
    inner.textField(2, sample.checkId);
    inner.textField(3, sample.request);
    inner.textField(4, sample.expected);
    inner.textField(5, sample.got);
    out.bytesField(13, inner.finish());
  }
  out.uintField(14, batch.watermarkMs);
  return out.finish();
}

/** The body of `POST /api/v1/probe-batches`. @throws PaydayError `invalid_batch`. */
export function encodeProbeBatches(batches: readonly ProbeBatch[]): Uint8Array {
  return joinProbeBatches(batches.map(encodeProbeBatch));
}

/** The same from encoded batches. @throws PaydayError `invalid_batch` if there are too many. */
export function joinProbeBatches(encoded: readonly Uint8Array[]): Uint8Array {
  if (encoded.length > maxBatchesPerRequest) throw tooManyBatches();
  // Each is preceded by the field's number and at most five bytes of length.
  const out = new WireWriter(encoded.reduce((sum, { length }) => sum + length + 6, 16));
  for (const bytes of encoded) out.bytesField(1, bytes);
  return out.finish();
}

/** One `ProbeBatch` message. Columns are `Uint32Array`s (views of a buffer that other batches may share); nothing refers to `bytes` afterwards. */
export function decodeProbeBatch(bytes: Uint8Array): ProbeBatch {
  return readBatch(new WireReader(bytes));
}

/**
 * A `ProbeBatches` message: each batch, and its bytes as they came (views into `bytes`), so that they can be
 * appended to the log without encoding them again.
 */
export function decodeProbeBatches(bytes: Uint8Array): { batch: ProbeBatch; bytes: Uint8Array }[] {
  if (bytes.length > maxBodyBytes)
    throw invalid(`the request has ${bytes.length} bytes, at most ${maxBodyBytes} are taken`);
  const reader = new WireReader(bytes);
  const out: { batch: ProbeBatch; bytes: Uint8Array }[] = [];
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag >>> 3 !== 1) {
      reader.skip(tag & 7);
      continue;
    }
    expectType(tag, BYTES, 'batches');
    const end = reader.lengthEnd('a batch');
    if (out.length === maxBatchesPerRequest) throw tooManyBatches();
    const batch = readBatch(new WireReader(bytes, reader.pos, end));
    out.push({ batch, bytes: bytes.subarray(reader.pos, end) });
    reader.pos = end;
  }
  return out;
}

// Decoding is synchronous and never reentrant, so one set of scratch columns serves every call.
const offsetScratch = new ColumnScratch('offset_ms', maxResultsPerBatch);
const latencyScratch = new ColumnScratch('latency_us', maxResultsPerBatch, true);
const outcomeScratch = new ColumnScratch('outcome', maxResultsPerBatch);

function readBatch(reader: WireReader): ProbeBatch {
  offsetScratch.clear();
  latencyScratch.clear();
  outcomeScratch.clear();
  let gameId = '';
  let teamId = '';
  let role = 0;
  let serviceId = '';
  let counterpartyId = '';
  let proberId = '';
  let epoch = 0;
  let seq = 0;
  let baseIntendedAtMs = 0;
  let watermarkMs = 0;
  const samples: ProbeSample[] = [];
  const text = (tag: number, name: string): string => {
    expectType(tag, BYTES, name);
    return reader.text(name, 3 * MAX_ID_LENGTH);
  };
  const uint = (tag: number, name: string): number => {
    expectType(tag, VARINT, name);
    return reader.uint(name);
  };
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    // If a field occurs twice, the last one counts, as protobuf requires.
    switch (tag >>> 3) {
      case 1:
        gameId = text(tag, 'game_id');
        break;
      case 2:
        teamId = text(tag, 'team_id');
        break;
      case 3:
        role = uint(tag, 'role');
        break;
      case 4:
        serviceId = text(tag, 'service_id');
        break;
      case 5:
        counterpartyId = text(tag, 'counterparty_id');
        break;
      case 6:
        proberId = text(tag, 'prober_id');
        break;
      case 7:
        epoch = uint(tag, 'epoch');
        break;
      case 8:
        seq = uint(tag, 'seq');
        break;
      case 9:
        baseIntendedAtMs = uint(tag, 'base_intended_at_ms');
        break;
      case 10:
        offsetScratch.read(reader, tag & 7);
        break;
      case 11:
        latencyScratch.read(reader, tag & 7);
        break;
      case 12:
        outcomeScratch.read(reader, tag & 7);
        break;
      case 13: {
        expectType(tag, BYTES, 'samples');
        if (samples.length === maxSamplesPerBatch)
          throw invalid(`samples has more than ${maxSamplesPerBatch} entries`);
        const end = reader.lengthEnd('a sample');
        samples.push(readSample(new WireReader(reader.bytes, reader.pos, end)));
        reader.pos = end;
        break;
      }
      case 14:
        watermarkMs = uint(tag, 'watermark_ms');
        break;
      default:
        reader.skip(tag & 7);
    }
  }
  const roleName = ROLES[role];
  if (roleName === undefined) throw invalid(`role ${role} is unknown: 0 is consumer, 1 is provider`);
  const count = offsetScratch.count;
  if (latencyScratch.count !== count || outcomeScratch.count !== count)
    throw unequalColumns(count, latencyScratch.count, outcomeScratch.count);
  const columns = columnRoom(3 * count);
  offsetScratch.copyTo(columns, 0);
  latencyScratch.copyTo(columns, count);
  outcomeScratch.copyTo(columns, 2 * count);
  const offsetMs = columns.subarray(0, count);
  const latencyUs = columns.subarray(count, 2 * count);
  const outcome = columns.subarray(2 * count);
  const batch: ProbeBatch = {
    gameId,
    teamId,
    role: roleName,
    serviceId,
    counterpartyId,
    proberId,
    epoch,
    seq,
    baseIntendedAtMs,
    offsetMs,
    latencyUs,
    outcome,
    samples,
    watermarkMs,
  };
  assertProbeBatch(batch);
  return batch;
}

function readSample(reader: WireReader): ProbeSample {
  const sample: ProbeSample = { index: 0, checkId: '', request: '', expected: '', got: '' };
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field === 1) {
      expectType(tag, VARINT, 'sample.index');
      sample.index = reader.uint('sample.index');
    } else if (field <= 5) {
      const name = (['checkId', 'request', 'expected', 'got'] as const)[field - 2]!;
      expectType(tag, BYTES, `sample.${name}`);
      sample[name] = reader.text(`sample.${name}`, maxTextBytes);
    } else reader.skip(tag & 7);
  }
  return sample;
}

function expectType(tag: number, type: number, name: string): void {
  if ((tag & 7) !== type) throw truncated(`${name} has wire type ${tag & 7}, not ${type}`);
}

function tooManyBatches(): Error {
  return invalid(`a request may hold at most ${maxBatchesPerRequest} batches`);
}
