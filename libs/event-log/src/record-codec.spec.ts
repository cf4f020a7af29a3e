import fc from 'fast-check';
import { SlabCopier } from './adapters/lmdb/slab.js';
import { decodeRecord, encodeRecords } from './record-codec.js';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const records = fc.array(
  fc.record({
    key: text,
    value: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(20_000).map((size) => new Uint8Array(size).fill(size)),
    ),
    headers: fc.option(fc.dictionary(text, text, { maxKeys: 4 }), { nil: undefined }),
  }),
  { maxLength: 12 },
);

describe('record codec', () => {
  it('decodes encoded records, copied out of a reused buffer', () => {
    const copier = new SlabCopier();
    const reused = new Uint8Array(100_000);
    fc.assert(
      fc.property(records, fc.nat(2 ** 47), fc.nat(7), (sent, appendedAt, shift) => {
        const read = encodeRecords(sent, appendedAt).map((encoded, i) => {
          const handedOver = reused.subarray(shift);
          handedOver.set(encoded);
          return decodeRecord(copier.copy(handedOver, encoded.length), 3, String(i + 1));
        });
        reused.fill(255);
        read.forEach(({ headers, value, ...rest }, i) => {
          expect(rest).toEqual({ key: sent[i]!.key, partition: 3, position: String(i + 1), appendedAt });
          expect(Buffer.compare(value, sent[i]!.value)).toBe(0);
          expect(Object.entries(headers)).toEqual(Object.entries(sent[i]!.headers ?? {}));
        });
      }),
    );
  });

  it('reports a record truncated before its value as corrupt', () => {
    const [encoded] = encodeRecords([{ key: 'key', value: new Uint8Array(0), headers: { a: 'b' } }], 1);
    const buffer = Buffer.from(encoded!);
    for (let end = 0; end < buffer.length; end++)
      expect(() => decodeRecord({ buffer, start: 0, end }, 0, '1')).toThrow(
        expect.objectContaining({ code: 'log_corrupt' }),
      );
  });
});
