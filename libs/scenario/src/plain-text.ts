/** Control characters, lone surrogates, line separators and bidirectional overrides. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** `text` on one line, safe to show anywhere: at most `maxLength` UTF-16 units, `…` where it was truncated, `\uFFFD` for unprintable characters. */
export function plainText(text: string, maxLength: number): string {
  // Truncate before replacing, so that a huge text costs no more than a short one.
  const clean = text.slice(0, maxLength + 1).replace(UNPRINTABLE, '\uFFFD');
  if (text.length <= maxLength) return clean;
  return `${clean.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/**
 * A value from a file or an answer as short JSON, with `\u…` escapes for unprintable characters, including the
 * replacement character, so that binary content shows up as escapes. Never throws, whatever the value.
 */
export function showValue(value: unknown, maxLength = 60): string {
  if (typeof value === 'number') return String(value);
  try {
    const json = JSON.stringify(value) ?? String(value);
    const escaped = json
      .slice(0, maxLength + 1)
      .replace(UNPRINTABLE, escapeOf)
      .replace(/\uFFFD/g, escapeOf);
    if (json.length <= maxLength && escaped.length <= maxLength) return escaped;
    // Do not cut an escape or a surrogate pair in half.
    return `${escaped.slice(0, maxLength - 1).replace(/\\(u[\da-f]{0,3})?$|[\ud800-\udbff]$/, '')}…`;
  } catch {
    // JSON.stringify recurses, and an answer may be nested deeper than the stack.
    return 'a value that is nested too deeply to show';
  }
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
