import { MAX_DAYS } from '../inventory.js';
import { HttpProblem, shown } from '../http/service.js';

/** `?days=` as a number. @throws HttpProblem 400 `invalid_days`. */
export function daysFromQuery(query: URLSearchParams): number {
  const values = query.getAll('days');
  const text = values.length === 1 ? (values[0] ?? '') : '';
  return days(/^\d{1,3}$/.test(text) ? Number(text) : NaN, values.join(', '));
}

/** What customers send to book. */
export interface BookingRequest {
  unicornId: string;
  days: number;
}

/** @throws HttpProblem 400 `invalid_body` or `invalid_days`. */
export function bookingRequest(body: unknown): BookingRequest {
  const wrong = (detail: string): HttpProblem =>
    new HttpProblem(400, 'invalid_body', `${detail}; send {"unicornId":"sparkle","days":3}`);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw wrong('the body must be an object');
  const { unicornId, days: given, ...others } = body as Record<string, unknown>;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw wrong(`"${shown(unknown)}" is not known here`);
  if (typeof unicornId !== 'string' || unicornId === '') throw wrong('"unicornId" must be a text');
  return { unicornId, days: days(given, JSON.stringify(given) ?? '') };
}

/** The `Idempotency-Key` header, or undefined. @throws HttpProblem 400 `invalid_idempotency_key`. */
export function idempotencyKey(headers: Readonly<Record<string, string | undefined>>): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined || /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw new HttpProblem(
    400,
    'invalid_idempotency_key',
    'Idempotency-Key must be 1 to 200 visible ASCII characters without spaces',
  );
}

export function unknownUnicorn(id: string): HttpProblem {
  return new HttpProblem(404, 'unknown_unicorn', `there is no unicorn "${shown(id)}"`);
}

function days(value: unknown, given: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_DAYS) return value;
  const got = given === '' ? 'it is missing' : `got ${shown(given)}`;
  throw new HttpProblem(400, 'invalid_days', `days must be one whole number from 1 to ${MAX_DAYS}; ${got}`);
}
