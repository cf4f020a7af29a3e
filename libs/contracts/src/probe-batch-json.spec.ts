import fc from 'fast-check';
import { PaydayError } from '#kernel';
import { decodeProbeBatch, encodeProbeBatch } from './probe-batch-codec.js';
import { probeBatchFromJson } from './probe-batch-json.js';

const sampleOf = { checkId: 'list', request: 'GET /', expected: 'status 200', got: 'status 500' };
const valid = {
  gameId: 'game',
  teamId: 'fenrir',
  serviceId: 'catalog',
  proberId: 'mine',
  epoch: 1,
  seq: 0,
  results: [
    { intendedAt: 1_700_000_000_100, latencyMs: 12.3456, outcome: 'ok' },
    { intendedAt: 1_700_000_000_000, latencyMs: 0, outcome: 'bad_status', sample: sampleOf },
  ],
};

const refusal = (value: unknown): string => {
  try {
    probeBatchFromJson(value);
  } catch (error) {
    if (error instanceof PaydayError && error.code === 'invalid_batch') return error.message;
    throw error;
  }
  return 'accepted';
};
const withResult = (change: object): unknown => ({ ...valid, results: [{ ...valid.results[0], ...change }] });

describe('probeBatchFromJson', () => {
  it('fills in the defaults and makes columns, whatever the order of the results', () => {
    const batch = probeBatchFromJson(valid);
    expect(batch).toMatchObject({
      role: 'consumer',
      counterpartyId: 'fenrir',
      baseIntendedAtMs: 1_700_000_000_000,
      watermarkMs: 0,
      samples: [{ index: 1, ...sampleOf }],
    });
    expect([batch.offsetMs, batch.latencyUs, batch.outcome].map((column) => Array.from(column))).toEqual([
      [100, 0],
      [12_346, 0],
      [0, 1],
    ]);
    expect(decodeProbeBatch(encodeProbeBatch(batch))).toEqual(batch);
  });

  it('takes a batch that only carries a watermark', () => {
    expect(probeBatchFromJson({ ...valid, results: [], watermarkAt: 5 })).toMatchObject({ watermarkMs: 5 });
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', [], /^the batch must be an object/],
    ['an unknown key', { ...valid, extra: 1 }, /^extra is unknown; allowed are gameId/],
    ['an unknown key of a result', withResult({ latency: 1 }), /^results\[0\]\.latency is unknown/],
    [
      'an unknown outcome',
      withResult({ outcome: 'fine' }),
      /^results\[0\]\.outcome must be one of ok, bad_status/,
    ],
    [
      'an inherited name as outcome',
      withResult({ outcome: 'toString' }),
      /^results\[0\]\.outcome must be one of/,
    ],
    [
      'a negative latency',
      withResult({ latencyMs: -1 }),
      /^results\[0\]\.latencyMs must be a number from 0 to 120000/,
    ],
    [
      'a time with a fraction',
      withResult({ intendedAt: 1.5 }),
      /^results\[0\]\.intendedAt must be an integer/,
    ],
    [
      'a sample without a text',
      withResult({ sample: { ...sampleOf, got: 7 } }),
      /^results\[0\]\.sample\.got must be/,
    ],
    [
      'a long sample',
      withResult({ sample: { ...sampleOf, got: 'x'.repeat(201) } }),
      /^results\[0\]\.sample\.got may/,
    ],
    ['an unknown role', { ...valid, role: 'owner' }, /^role must be one of consumer, provider/],
    ['an empty team', { ...valid, teamId: '' }, /^teamId must have 1 to 64 characters/],
    ['a missing seq', { ...valid, seq: undefined }, /^seq must be an integer/],
    ['results that are none', { ...valid, results: {} }, /^results must be an array/],
    [
      'too many results',
      { ...valid, results: Array(65_537).fill(valid.results[0]) },
      /^results may hold at most 65536/,
    ],
    [
      'results months apart',
      { ...valid, results: [valid.results[0], { ...valid.results[0], intendedAt: 0 }] },
      /^results must lie within 49 days/,
    ],
  ])('refuses %s and says where', (_what, value, message) => {
    expect(refusal(value)).toMatch(message);
  });

  it('throws nothing but its own error on any JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void refusal(value)));
    const change = fc.record({ key: fc.constantFrom(...Object.keys(valid)), value: fc.jsonValue() });
    fc.assert(fc.property(change, ({ key, value }) => void refusal({ ...valid, [key]: value })));
  });
});
