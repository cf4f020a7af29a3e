import { z } from 'zod';
import type { KeyType } from './key.js';

/** Text of 1 to `maxLength` characters. */
export function text(placeholder: string, maxLength = 1000): KeyType<string> {
  return {
    schema: z.string().min(1).max(maxLength),
    allowed: `1 to ${maxLength} characters`,
    placeholder,
  };
}

/** Text that matches a pattern, which `allowed` describes. */
export function pattern(placeholder: string, form: RegExp, allowed: string): KeyType<string> {
  return { schema: z.string().regex(form), allowed, placeholder };
}

/** A PEM certificate or key. */
export function pem(): KeyType<string> {
  return {
    schema: z
      .string()
      .max(100_000)
      .regex(/^-----BEGIN [A-Z0-9 ]+-----/),
    allowed: 'PEM, beginning with -----BEGIN …-----',
    placeholder: 'PEM',
  };
}

/** A whole number, both bounds inclusive. */
export function integer(min: number, max: number): KeyType<number> {
  return {
    schema: z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number)
      .pipe(z.number().min(min).max(max)) as unknown as z.ZodType<number, string>,
    allowed: `a whole number from ${min} to ${max}`,
    placeholder: 'N',
  };
}

export function oneOf<const T extends readonly [string, ...string[]]>(choices: T): KeyType<T[number]> {
  return { schema: z.enum(choices), allowed: `one of ${choices.join(', ')}`, placeholder: choices.join('|') };
}

/** `true` or `false`; the flag needs no value. */
export function yesOrNo(): KeyType<boolean> {
  return {
    schema: z.enum(['true', 'false']).transform((given) => given === 'true') as unknown as z.ZodType<
      boolean,
      string
    >,
    allowed: 'true or false',
    placeholder: null,
  };
}

/** An http(s) URL. */
export function httpUrl(): KeyType<string> {
  return { schema: z.url({ protocol: /^https?$/ }), allowed: 'an http(s) URL', placeholder: 'URL' };
}

/** A list, possibly empty: comma-separated text, a YAML list, or a repeated flag. */
export function listOf<T>(type: KeyType<T>): KeyType<T[]> {
  const split = z.string().transform((given) =>
    given
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
  return {
    schema: split.pipe(z.array(type.schema)) as unknown as z.ZodType<T[], string>,
    allowed: `separated by commas, each ${type.allowed}`,
    placeholder: `${type.placeholder ?? 'VALUE'},…`,
    isList: true,
  };
}
