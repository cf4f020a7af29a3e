import fc from 'fast-check';
import { ByteReader, ByteWriter } from './bytes.js';
import { DedupWindow } from './dedup-window.js';

describe('DedupWindow', () => {
  it('behaves like a set of numbers, also after being stored at any point', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 400 }),
        fc.nat(400),
        (seqs, storeAt) => {
          let seen = new DedupWindow();
          const model = new Set<number>();
          seqs.forEach((seq, i) => {
            if (i === storeAt) {
              const out = new ByteWriter();
              seen.write(out);
              seen = DedupWindow.read(new ByteReader(out.finish()));
            }
            expect(seen.add(seq)).toBe(!model.has(seq));
            model.add(seq);
          });
          for (let seq = 0; seq <= 201; seq++) expect(seen.has(seq)).toBe(model.has(seq));
        },
      ),
    );
  });

  it('stays a few bytes for a million consecutive numbers in almost any order', () => {
    const seen = new DedupWindow();
    for (let block = 0; block < 1_000_000; block += 100) {
      for (let i = 99; i >= 0; i--) seen.add(block + i);
    }
    const out = new ByteWriter();
    seen.write(out);
    expect(out.finish().length).toBeLessThan(8);
  });
});
