import { z } from 'zod';
import type { ProblemCode } from '../problem-codes.js';
import { integer, text } from './fields.js';
import { published } from './json-schema.js';

export const ProblemEntry = z.object({
  path: text('Parameter, field, or place in a file: `teams[3].name`'),
  message: text('What is wrong with it'),
  line: integer('In a file, from 1').optional(),
  column: integer('In a file, from 1').optional(),
});
export type ProblemEntry = z.infer<typeof ProblemEntry>;

/** RFC 9457 problem details. `code` is stable; `detail` is for people. */
export const Problem = z.object({
  type: text('URN of the problem'),
  title: text('What kind of problem it is'),
  status: integer('The HTTP status'),
  code: published(
    z.custom<ProblemCode>((code) => typeof code === 'string'),
    { type: 'string' },
  ).describe('Stable name of the problem'),
  detail: text('What was wrong here, and what is allowed'),
  instance: text('Where it happened').optional(),
  errors: z.array(ProblemEntry).describe('One entry for each thing that is wrong').optional(),
});
export type Problem = z.infer<typeof Problem>;
