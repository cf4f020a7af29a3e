import fc from 'fast-check';
import { plainText, showValue } from './plain-text.js';

describe('plainText', () => {
  it('is short, and contains nothing that moves the cursor or reverses text', () => {
    expect(plainText('a\u001b[31mb\u202ec\nd', 20)).toBe('a\uFFFD[31mb\uFFFDc\uFFFDd');
    expect(plainText('abcdef', 4)).toBe('abc…');
  });
});

describe('showValue', () => {
  it.each([
    ['plain text', '"plain text"'],
    ['ユニコーン 🦄', '"ユニコーン 🦄"'],
    [{ a: [1, true, null] }, '{"a":[1,true,null]}'],
    ['\u0000\u001b[31m', '"\\u0000\\u001b[31m"'],
    ['\u009b2J\u202e\u2028', '"\\u009b2J\\u202e\\u2028"'],
    ['\uFFFD', '"\\ufffd"'],
    [undefined, 'undefined'],
  ])('%j is %s', (value, shown) => expect(showValue(value)).toBe(shown));

  it('does not cut an escape in half', () => {
    expect(showValue('\uFFFD'.repeat(50), 20)).toBe('"\\ufffd\\ufffd\\ufffd…');
    expect(showValue('\u0001'.repeat(50), 16)).toBe('"\\u0001\\u0001…');
    expect(showValue('\n'.repeat(50), 5)).toBe('"\\n…');
    expect(showValue('🦄'.repeat(50), 5)).toBe('"🦄…');
  });

  test('property: never longer than allowed, and printable, whatever the value', () => {
    fc.assert(
      fc.property(
        fc.anything({
          maxDepth: 3,
          key: fc.string({ unit: 'binary' }),
          values: [fc.string({ unit: 'binary' })],
        }),
        fc.integer({ min: 10, max: 80 }),
        (value, maxLength) => {
          const shown = showValue(value, maxLength);
          if (shown !== 'a value that is nested too deeply to show')
            expect(shown.length).toBeLessThanOrEqual(maxLength);
          expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\uFFFD]/u);
        },
      ),
    );
  });
});
