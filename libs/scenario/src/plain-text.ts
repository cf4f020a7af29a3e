/** Control characters, lone surrogates, line separators and what reverses the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** `text` on one line, safe to show anywhere: at most `maxLength` UTF-16 units, `…` where it was cut, `\uFFFD` for the unprintable. */
export function plainText(text: string, maxLength: number): string {
  // Cut before replacing, so that a huge text costs no more than a short one.
  const clean = text.slice(0, maxLength + 1).replace(UNPRINTABLE, '\uFFFD');
  if (text.length <= maxLength) return clean;
  return `${clean.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/**
 * A value from a file or an answer as short JSON, with `\u…` for what can't be printed, the sign for undecodable bytes
 * included: what a binary file holds is told, not shown. Never throws, whatever the value.
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
    // Nothing half: neither an escape nor a pair of surrogates.
    return `${escaped.slice(0, maxLength - 1).replace(/\\(u[\da-f]{0,3})?$|[\ud800-\udbff]$/, '')}…`;
  } catch {
    // JSON.stringify recurses, and an answer may be nested deeper than the stack.
    return 'a value that is nested too deeply to show';
  }
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
