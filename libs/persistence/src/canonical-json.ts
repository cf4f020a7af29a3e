import { PaydayError } from '#kernel';

/**
 * JSON in the one form that RFC 8785 (JCS) gives it: keys in the order of their UTF-16 code units, no white space, numbers and
 * strings as ECMAScript writes them. `undefined` members are left out.
 * @throws PaydayError `not_json` for what JSON can't hold: NaN, infinities, functions.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  const isJson = value === null || typeof value === 'string' || typeof value === 'boolean';
  if (!isJson && !(typeof value === 'number' && Number.isFinite(value)))
    throw new PaydayError('not_json', `${typeof value} "${String(value)}" has no place in JSON`);
  return JSON.stringify(value);
}
