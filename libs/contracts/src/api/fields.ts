import { ID_PATTERN } from '#kernel';
import { z } from 'zod';
import { published } from './json-schema.js';

/** Building blocks of the shapes of the API. A message says what is allowed, in words that follow "<name>: ". */

/** An instant in epoch milliseconds. */
export function epochMs(what: string) {
  return z.int().describe(`${what}, epoch ms`);
}

export function text(what: string) {
  return z.string().describe(what);
}

export function integer(what: string) {
  return z.int().describe(what);
}

/** The id of a game, team, service or token scope, as a client sends it. */
export const id = z
  .string({ error: 'must be given once' })
  .regex(ID_PATTERN, 'must be an id: 1 to 40 lower-case letters, digits and inner hyphens');

/**
 * A whole number in a query, where every parameter is text; both limits are inclusive.
 * @param byDefault what the documents say of a parameter that is left out
 */
export function queryInteger(min: number, max: number, byDefault?: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  const schema = z
    .string({ error })
    .regex(/^\d{1,16}$/, error)
    .transform(Number)
    .refine((n) => n >= min && n <= max, error);
  return published(schema, {
    type: 'integer',
    minimum: min,
    ...(max < MAX_AT ? { maximum: max } : {}),
    ...(byDefault === undefined ? {} : { default: byDefault }),
  });
}

/** The last instant that a `Date` can hold, epoch ms. */
export const MAX_AT = 8_640_000_000_000_000;

/** A trimmed line of 1 to `maxLength` characters. @param empty the message for an empty line */
export function oneLine(maxLength: number, empty: string) {
  // Control characters, lone surrogates and bidirectional overrides would corrupt pages and logs.
  return z
    .string({ error: 'must be a text' })
    .trim()
    .min(1, empty)
    .max(maxLength, `has at most ${maxLength} characters`)
    .refine(
      (line) => /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u.test(line),
      'must be one line without control characters',
    );
}

/** One of a list of words, which the message names. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` });
}

/** A step that takes nothing: no body, or an empty object. */
export const NoBody = z.strictObject({}).nullish();

/** Which game is meant. Default: the newest. */
export const GameQuery = z.strictObject({
  game: id.optional().describe('Id of a game; default: that of the token, else the newest'),
});
