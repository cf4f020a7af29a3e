import { PaydayError } from '#kernel';

/**
 * JSON in the canonical form of RFC 8785 (JCS): keys ordered by UTF-16 code units, no whitespace, numbers and strings as
 * ECMAScript serializes them. `undefined` members are omitted.
 * @throws PaydayError `not_json` for values that JSON cannot represent: NaN, infinities, functions.
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
    throw new PaydayError('not_json', `${typeof value} "${String(value)}" cannot be represented in JSON`);
  return JSON.stringify(value);
}
