import type { Problem } from './api/problem.js';
import { PROBLEMS, type ProblemCode } from './problem-codes.js';

/** Problem details for a code. `detail` says what was wrong, where and what to do. */
export function problem(code: ProblemCode, detail: string, errors?: Problem['errors']): Problem {
  return {
    type: `urn:payday:problem:${code}`,
    ...PROBLEMS[code],
    code,
    detail,
    ...(errors ? { errors } : {}),
  };
}
