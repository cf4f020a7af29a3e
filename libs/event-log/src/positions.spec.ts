import fc from 'fast-check';
import { comparePositions } from './positions.js';

const position = fc.oneof(fc.nat().map(String), fc.bigInt(0n, 10n ** 56n).map(String));

describe('comparePositions', () => {
  it('orders decimal integers of any length as integers', () => {
    fc.assert(
      fc.property(position, position, fc.nat(3), (a, b, zeros) => {
        const expected = BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
        expect(Math.sign(comparePositions(a, b))).toBe(expected);
        expect(Math.sign(comparePositions('0'.repeat(zeros) + a, b))).toBe(expected);
      }),
    );
  });

  it('orders numerically, not as text: 56 digits, 9 before 10', () => {
    const long = `4${'9'.repeat(55)}`;
    expect(['10', long, '9', '0'].sort(comparePositions)).toEqual(['0', '9', '10', long]);
  });

  it.each(['', 'latest', '-1', '1.5', ' 1', '1e3'])('refuses %j', (text) => {
    expect(() => comparePositions('1', text)).toThrow(expect.objectContaining({ code: 'invalid_position' }));
  });
});
