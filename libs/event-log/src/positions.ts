import { PaydayError } from '#kernel';
import type { Position } from './port.js';

const DECIMAL = /^[0-9]+$/;

/**
 * Orders two positions of one partition: negative if `a` lies before `b`, 0 if they are the same record, positive if
 * after it. Positions are decimal integers of any length (Kinesis has 56 digits), so they are never converted to numbers.
 * @throws PaydayError `invalid_position` if one of them is not a decimal integer.
 */
export function comparePositions(a: Position, b: Position): number {
  const x = significantDigits(a);
  const y = significantDigits(b);
  if (x.length !== y.length) return x.length < y.length ? -1 : 1;
  return x === y ? 0 : x < y ? -1 : 1;
}

/** True for text that is a position of some adapter. */
export function isPosition(text: string): boolean {
  return DECIMAL.test(text);
}

function significantDigits(position: Position): string {
  if (!isPosition(position)) throw invalidPosition(position);
  return position.charCodeAt(0) === 48 ? position.replace(/^0+(?=.)/, '') : position;
}

export function invalidPosition(position: unknown): PaydayError {
  return new PaydayError(
    'invalid_position',
    `${JSON.stringify(position)} is not a position: give one that a record had, 'earliest' or 'latest'`,
  );
}
