/** An exact fraction; `den` > 0. Not reduced, because the sums here have only a few terms. */
export interface Fraction {
  readonly num: bigint;
  readonly den: bigint;
}

export const ZERO: Fraction = { num: 0n, den: 1n };

export function fraction(num: number | bigint, den: number | bigint = 1n): Fraction {
  return { num: BigInt(num), den: BigInt(den) };
}

export function plus(a: Fraction, b: Fraction): Fraction {
  if (a.den === b.den) return { num: a.num + b.num, den: a.den };
  return { num: a.num * b.den + b.num * a.den, den: a.den * b.den };
}

export function times(a: Fraction, b: Fraction): Fraction {
  return { num: a.num * b.num, den: a.den * b.den };
}

/** Returns the integer part of a fraction ≥ 0. */
export function floorOf({ num, den }: Fraction): bigint {
  return num / den;
}
