import { PaydayError } from './errors.js';

/** Ids of games, teams, services and checks: lower-case letters, digits and inner hyphens, 1 to 40 characters. */
export const ID_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** True for a well-formed id. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID_PATTERN.test(value);
}

/**
 * Makes an id from a name: "Fenrir Works" → "fenrir-works". Names without any Latin letter or digit give
 * `fallback`.
 * @throws PaydayError `invalid_id` if `fallback` itself is not a valid id.
 */
export function slugify(name: string, fallback: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  if (slug !== '') return slug;
  if (!isId(fallback)) throw new PaydayError('invalid_id', `"${fallback}" is not a valid id`);
  return fallback;
}
