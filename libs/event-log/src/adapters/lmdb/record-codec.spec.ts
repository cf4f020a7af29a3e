import fc from 'fast-check';
import { decodeRecord, encodeRecords } from './record-codec.js';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const records = fc.array(
  fc.record({
    key: text,
    value: fc.uint8Array({ maxLength: 300 }),
    headers: fc.option(fc.dictionary(text, text, { maxKeys: 4 }), { nil: undefined }),
  }),
  { maxLength: 8 },
);

describe('record codec', () => {
  it('reads what it wrote, wherever the bytes lie', () => {
    fc.assert(
      fc.property(records, fc.nat(2 ** 47), fc.nat(7), (sent, appendedAt, shift) => {
        encodeRecords(sent, appendedAt).forEach((encoded, i) => {
          const moved = new Uint8Array(encoded.length + shift).subarray(shift);
          moved.set(encoded);
          const { headers, ...read } = decodeRecord(moved, 3, i + 1);
          const { key, value } = sent[i]!;
          expect(read).toEqual({ key, value, partition: 3, position: String(i + 1), appendedAt });
          expect(Object.entries(headers)).toEqual(Object.entries(sent[i]!.headers ?? {}));
        });
      }),
    );
  });

  it('calls what is cut off before its value corrupt', () => {
    const [encoded] = encodeRecords([{ key: 'key', value: new Uint8Array(0), headers: { a: 'b' } }], 1);
    for (let length = 0; length < encoded!.length; length++)
      expect(() => decodeRecord(encoded!.subarray(0, length), 0, 1)).toThrow(
        expect.objectContaining({ code: 'log_corrupt' }),
      );
  });
});
