import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { PaydayError } from '#kernel';
import {
  decodeProbeBatch,
  decodeProbeBatches,
  encodeProbeBatch,
  encodeProbeBatches,
} from './probe-batch-codec.js';
import { PROBE_BATCH_LIMITS, type ProbeBatch } from './probe-batch.js';

const root = protobuf.loadSync(fileURLToPath(new URL('./probe_batch.proto', import.meta.url)));
const Peer = root.lookupType('payday.v1.ProbeBatch');
const PeerList = root.lookupType('payday.v1.ProbeBatches');

const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((s) => s.length <= 64);
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const safe = fc.oneof(fc.nat(), fc.maxSafeNat());
const row = fc.record({
  offset: fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 0xffff_ffff })),
  latency: fc.integer({ min: 0, max: PROBE_BATCH_LIMITS.maxLatencyUs }),
  outcome: fc.nat(9),
});
const batchArbitrary: fc.Arbitrary<ProbeBatch> = fc
  .record({
    ids: fc.tuple(id, id, id, id, id),
    role: fc.constantFrom('consumer' as const, 'provider' as const),
    numbers: fc.tuple(safe, safe, fc.nat(), safe),
    rows: fc.array(row, { maxLength: 40 }),
    samples: fc.array(fc.tuple(fc.nat(), text, text, text, text), { maxLength: 3 }),
  })
  .map(({ ids, role, numbers, rows, samples }) => ({
    gameId: ids[0],
    teamId: ids[1],
    role,
    serviceId: ids[2],
    counterpartyId: ids[3],
    proberId: ids[4],
    epoch: numbers[0],
    seq: numbers[1],
    baseIntendedAtMs: numbers[2],
    offsetMs: Uint32Array.from(rows, (r) => r.offset),
    latencyUs: Uint32Array.from(rows, (r) => r.latency),
    outcome: Uint32Array.from(rows, (r) => r.outcome),
    samples:
      rows.length === 0
        ? []
        : samples.map(([index, checkId, request, expected, got]) => ({
            index: index % rows.length,
            checkId,
            request,
            expected,
            got,
          })),
    watermarkMs: numbers[3],
  }));

function sample(overrides: Partial<ProbeBatch> = {}): ProbeBatch {
  return {
    gameId: 'game',
    teamId: 'fenrir',
    role: 'consumer',
    serviceId: 'catalog',
    counterpartyId: 'fenrir',
    proberId: 'prober-1',
    epoch: 1_700_000_000_000,
    seq: 3,
    baseIntendedAtMs: 1_700_000_000_500,
    offsetMs: [0, 10, 300],
    latencyUs: [900, 40_000, 5_000_000],
    outcome: [0, 1, 3],
    samples: [{ index: 1, checkId: 'list', request: 'GET /', expected: 'status 200', got: 'status 500' }],
    watermarkMs: 1_700_000_000_400,
    ...overrides,
  };
}

/** A batch as protobufjs represents it: snake case becomes camel case, longs become numbers. */
function peerObject(batch: ProbeBatch): Record<string, unknown> {
  return {
    ...batch,
    role: batch.role === 'consumer' ? 0 : 1,
    offsetMs: [...Array.from(batch.offsetMs)],
    latencyUs: [...Array.from(batch.latencyUs)],
    outcome: [...Array.from(batch.outcome)],
  };
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof PaydayError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

const field = (number: number, type: number, ...value: number[]): number[] => [
  (number << 3) | type,
  ...value,
];
const bytesOf = (...parts: (Uint8Array | number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => Array.from(part)));

describe('probe batch codec', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(batchArbitrary, (batch) => {
        expect(decodeProbeBatch(encodeProbeBatch(batch))).toEqual(batch);
      }),
    );
  });

  it('is read by protobufjs', () => {
    fc.assert(
      fc.property(batchArbitrary, (batch) => {
        const read = Peer.toObject(Peer.decode(encodeProbeBatch(batch)), { longs: Number, defaults: true });
        expect(read).toEqual(peerObject(batch));
      }),
    );
  });

  it('reads what protobufjs writes', () => {
    fc.assert(
      fc.property(batchArbitrary, (batch) => {
        const written = Peer.encode(Peer.fromObject(peerObject(batch))).finish();
        expect(decodeProbeBatch(written)).toEqual(batch);
        expect(Array.from(encodeProbeBatch(batch))).toEqual(Array.from(written));
      }),
    );
  });

  it('carries lists both ways, with the raw bytes of each batch', () => {
    fc.assert(
      fc.property(fc.array(batchArbitrary, { maxLength: 4 }), (batches) => {
        const body = encodeProbeBatches(batches);
        const list = { batches: batches.map(peerObject) };
        expect(Array.from(body)).toEqual(Array.from(PeerList.encode(PeerList.fromObject(list)).finish()));
        const decoded = decodeProbeBatches(body);
        expect(decoded.map((entry) => entry.batch)).toEqual(batches);
        for (const { batch, bytes } of decoded) expect(decodeProbeBatch(bytes)).toEqual(batch);
      }),
    );
  });

  it('accepts columns that are not packed, or packed in pieces', () => {
    const whole = encodeProbeBatch(sample({ offsetMs: [], latencyUs: [], outcome: [], samples: [] }));
    const columns = [
      ...field(10, 0, 5),
      ...field(10, 2, 2, 6, 7),
      ...field(11, 2, 1, 1),
      ...field(11, 0, 0x80, 0x01),
      ...field(11, 2, 3, 0xff, 0xff, 0x03),
      ...field(12, 2, 0),
      ...field(12, 2, 3, 0, 1, 9),
    ];
    const batch = decodeProbeBatch(bytesOf(whole, columns));
    expect(Array.from(batch.offsetMs)).toEqual([5, 6, 7]);
    expect(Array.from(batch.latencyUs)).toEqual([1, 128, 65_535]);
    expect(Array.from(batch.outcome)).toEqual([0, 1, 9]);
  });

  it('skips unknown fields of every wire type', () => {
    const unknown = [
      ...field(15, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
      ...field(15, 1, 1, 2, 3, 4, 5, 6, 7, 8),
      ...field(15, 2, 3, 1, 2, 3),
      ...field(15, 5, 1, 2, 3, 4),
    ];
    const whole = encodeProbeBatch(sample());
    expect(decodeProbeBatch(bytesOf(unknown, whole, unknown))).toEqual(decodeProbeBatch(whole));
    const list = encodeProbeBatches([sample()]);
    expect(decodeProbeBatches(bytesOf(unknown, list))).toHaveLength(1);
  });

  it('keeps texts unchanged: a byte order mark, characters beyond the basic plane', () => {
    const batch = sample({
      samples: [{ index: 0, checkId: 'x', request: '\ufeffGET', expected: '🦄', got: 'é' }],
    });
    expect(decodeProbeBatch(encodeProbeBatch(batch)).samples).toEqual(batch.samples);
  });

  it('calls every cut of a message truncated, or invalid where a field is missing', () => {
    const body = encodeProbeBatches([sample(), sample({ seq: 4 })]);
    for (let cut = 0; cut < body.length; cut++) {
      const code = codeOf(() => decodeProbeBatches(body.subarray(0, cut)));
      expect(
        [0, encodeProbeBatches([sample()]).length].includes(cut) ? 'nothing was thrown' : 'truncated_batch',
      ).toBe(code);
    }
    const message = encodeProbeBatch(sample());
    for (let cut = 0; cut < message.length; cut++)
      expect(['truncated_batch', 'invalid_batch', 'nothing was thrown']).toContain(
        codeOf(() => decodeProbeBatch(message.subarray(0, cut))),
      );
  });

  const empty = (): Uint8Array =>
    encodeProbeBatch(sample({ offsetMs: [], latencyUs: [], outcome: [], samples: [] }));
  it.each<[string, string, () => Uint8Array]>([
    [
      'an overlong varint',
      'truncated_batch',
      () => bytesOf(empty(), field(8, 0, ...Array(10).fill(0x80), 0)),
    ],
    [
      'an overlong unknown varint',
      'truncated_batch',
      () => bytesOf(empty(), field(15, 0, ...Array(11).fill(0x80))),
    ],
    ['a wrong wire type of a number', 'truncated_batch', () => bytesOf(empty(), field(8, 2, 1, 1))],
    ['a wrong wire type of a text', 'truncated_batch', () => bytesOf(empty(), field(1, 0, 1))],
    ['a wrong wire type of a column', 'truncated_batch', () => bytesOf(empty(), field(10, 5, 1, 2, 3, 4))],
    ['field number 0', 'truncated_batch', () => bytesOf(empty(), [0, 0])],
    ['a group', 'truncated_batch', () => bytesOf(empty(), field(15, 3), field(15, 4))],
    [
      'a packed varint that leaves its run',
      'truncated_batch',
      () => bytesOf(empty(), field(10, 2, 1, 0x80), [1]),
    ],
    [
      'a length beyond all memory',
      'truncated_batch',
      () => bytesOf(empty(), field(10, 2, 255, 255, 255, 255, 127)),
    ],
    [
      'columns of different lengths',
      'invalid_batch',
      () => bytesOf(empty(), field(10, 0, 1), field(11, 0, 1)),
    ],
    [
      'an unknown outcome',
      'invalid_batch',
      () => bytesOf(empty(), field(10, 0, 1), field(11, 0, 1), field(12, 0, 10)),
    ],
    ['an unknown role', 'invalid_batch', () => bytesOf(empty(), field(3, 0, 2))],
    ['a missing team', 'invalid_batch', () => bytesOf(empty(), field(2, 2, 0))],
    ['invalid UTF-8', 'invalid_batch', () => bytesOf(empty(), field(2, 2, 2, 0xc3, 0x28))],
    [
      'a number beyond 2^53',
      'invalid_batch',
      () => bytesOf(empty(), field(8, 0, ...Array(7).fill(0xff), 0x10)),
    ],
    [
      'a base too far ahead',
      'invalid_batch',
      () => bytesOf(empty(), field(9, 0, ...Array(7).fill(0xff), 0x0f)),
    ],
    [
      'a column value of 33 bits',
      'invalid_batch',
      () => bytesOf(empty(), field(10, 2, 5, 128, 128, 128, 128, 16)),
    ],
    ['a sample of no result', 'invalid_batch', () => bytesOf(empty(), field(13, 2, 2, 8, 0))],
    ['too long an id', 'invalid_batch', () => bytesOf(empty(), field(1, 2, 100), Array(100).fill(97))],
  ])('refuses %s', (_what, code, bytes) => {
    expect(codeOf(() => decodeProbeBatch(bytes()))).toBe(code);
  });

  it('enforces the limits', () => {
    const { maxResultsPerBatch, maxSamplesPerBatch, maxBatchesPerRequest, maxLatencyUs, maxBodyBytes } =
      PROBE_BATCH_LIMITS;
    const columns = (n: number): Partial<ProbeBatch> => ({
      offsetMs: new Uint32Array(n),
      latencyUs: new Uint32Array(n),
      outcome: new Uint32Array(n),
      samples: [],
    });
    const full = encodeProbeBatch(sample(columns(maxResultsPerBatch)));
    expect(decodeProbeBatch(full).outcome).toHaveLength(maxResultsPerBatch);
    expect(codeOf(() => decodeProbeBatch(bytesOf(full, field(10, 0, 1))))).toBe('invalid_batch');
    expect(codeOf(() => decodeProbeBatch(bytesOf(full, field(10, 2, 4, 1, 1, 1, 1))))).toBe('invalid_batch');
    expect(codeOf(() => encodeProbeBatch(sample(columns(maxResultsPerBatch + 1))))).toBe('invalid_batch');
    expect(codeOf(() => encodeProbeBatch(sample({ latencyUs: [0, 0, maxLatencyUs + 1] })))).toBe(
      'invalid_batch',
    );
    const samples = Array.from({ length: maxSamplesPerBatch + 1 }, () => sample().samples[0]!);
    expect(codeOf(() => encodeProbeBatch(sample({ samples })))).toBe('invalid_batch');
    const long = [{ ...samples[0]!, got: 'x'.repeat(201) }];
    expect(codeOf(() => encodeProbeBatch(sample({ samples: long })))).toBe('invalid_batch');
    const many = Array.from({ length: maxBatchesPerRequest + 1 }, () => sample());
    expect(codeOf(() => encodeProbeBatches(many))).toBe('invalid_batch');
    const one = encodeProbeBatches([sample({ samples: [] })]);
    const joined = bytesOf(...Array.from({ length: maxBatchesPerRequest + 1 }, () => one));
    expect(codeOf(() => decodeProbeBatches(joined))).toBe('invalid_batch');
    expect(codeOf(() => decodeProbeBatches(new Uint8Array(maxBodyBytes + 1)))).toBe('invalid_batch');
  });

  it('throws nothing but its own errors on random bytes and on damaged messages', () => {
    const quiet = (bytes: Uint8Array): void => {
      for (const decode of [decodeProbeBatch, decodeProbeBatches])
        expect(['truncated_batch', 'invalid_batch', 'nothing was thrown']).toContain(
          codeOf(() => decode(bytes)),
        );
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), quiet), { numRuns: 2000 });
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(batchArbitrary, damage, fc.nat(), (batch, changes, cut) => {
        const bytes = encodeProbeBatches([batch, batch]).slice();
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        quiet(bytes);
        quiet(bytes.subarray(0, cut % bytes.length));
      }),
      { numRuns: 1000 },
    );
  });
});
