import type { ProblemCode } from '#contracts';
import { PaydayError } from '#kernel';
import type { z } from 'zod';

/** @throws PaydayError `invalid_query` naming each parameter that is wrong and what is allowed. */
export function parseQuery<T extends z.ZodType>(schema: T, query: unknown): z.output<T> {
  return parse('invalid_query', schema, query);
}

/** @throws PaydayError `bad_request` naming each field that is wrong and what is allowed. */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  return parse('bad_request', schema, body);
}

function parse<T extends z.ZodType>(code: ProblemCode, schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: key, message: 'is not known here' }))
      : [{ path: issue.path.join('.') || 'body', message: issue.message }],
  );
  throw new PaydayError(code, errors.map((e) => `${e.path}: ${e.message}`).join('; '), {
    details: { errors },
  });
}
