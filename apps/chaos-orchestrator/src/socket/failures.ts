import { PaydayError } from '#kernel';
import type { z } from 'zod';

const CODES_WITH_DETAILS = new Set(['chaos_limit', 'confirmation_required', 'bad_request']);

/** Validates a payload. @throws PaydayError `bad_request` naming each invalid field and what is allowed */
export function parseRequest<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  const errors = read.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: key, message: 'is not known here' }))
      : [{ path: issue.path.join('.') || 'payload', message: issue.message }],
  );
  throw new PaydayError('bad_request', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), {
    details: { errors },
  });
}

/** The `error` of a negative acknowledgement. Hides everything about unexpected errors. */
export function failureOf(thrown: unknown): object {
  if (!(thrown instanceof PaydayError))
    return {
      code: 'internal_error',
      message: 'Something failed on our side; it is in the log.',
      retryable: true,
    };
  const { code, message, retryable, details } = thrown;
  return { code, message, retryable, ...(CODES_WITH_DETAILS.has(code) ? { details } : {}) };
}

/** The error of a refused connection: Socket.IO sends it as `connect_error` with `data`. */
export function refusalOf(thrown: unknown): Error {
  const known = thrown instanceof PaydayError;
  const error = new Error(known ? thrown.message : 'The connection could not be checked; try again.');
  return Object.assign(error, {
    data: { code: known ? thrown.code : 'internal_error', message: error.message },
  });
}
