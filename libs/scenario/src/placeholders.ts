/** `{{name}}`: a letter or underscore, then letters, digits and underscores. Spaces inside the braces are allowed. */
const PLACEHOLDER = /\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;
const ONLY_PLACEHOLDER = /^\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}$/;

/** Always defined: a fresh UUID per request. */
export const UUID_PLACEHOLDER = 'uuid';

export type PlaceholderValues = Readonly<Record<string, string | number | boolean>>;

/** The placeholder names in a text, and whether it contains a `{{` that is not a placeholder. */
export function placeholdersIn(text: string): { names: string[]; malformed: boolean } {
  const names = [...text.matchAll(PLACEHOLDER)].map((match) => match[1]!);
  return { names, malformed: text.replace(PLACEHOLDER, '').includes('{{') };
}

/** Calls `visit` for each string of a JSON value (not for keys), with its path below `value`. */
export function eachString(
  value: unknown,
  visit: (text: string, path: (string | number)[]) => void,
  path: (string | number)[] = [],
): void {
  if (typeof value === 'string') visit(value, path);
  else if (Array.isArray(value)) value.forEach((item, index) => eachString(item, visit, [...path, index]));
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) eachString(item, visit, [...path, key]);
}

/**
 * `text` with every placeholder replaced, each value passed through `encode`.
 * @throws RangeError for a name without a value (a loaded scenario has none).
 */
export function fillText(
  text: string,
  values: PlaceholderValues,
  encode: (value: string) => string = (value) => value,
): string {
  return text.replace(PLACEHOLDER, (_, name: string) => encode(String(valueOf(values, name))));
}

/** A JSON value with the placeholders in its strings replaced; `"{{name}}"` alone becomes the value with its type. */
export function fillJson(value: unknown, values: PlaceholderValues): unknown {
  if (typeof value === 'string') {
    const only = ONLY_PLACEHOLDER.exec(value);
    return only === null ? fillText(value, values) : valueOf(values, only[1]!);
  }
  if (Array.isArray(value)) return value.map((item) => fillJson(item, values));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillJson(item, values)]));
  return value;
}

function valueOf(values: PlaceholderValues, name: string): string | number | boolean {
  if (!Object.hasOwn(values, name)) throw new RangeError(`no value for {{${name}}}`);
  return values[name]!;
}
