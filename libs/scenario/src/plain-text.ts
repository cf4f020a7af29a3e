/** Control characters, lone surrogates, line separators and what reverses the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** `text` on one line, safe to show anywhere: at most `maxLength` UTF-16 units, `…` where it was cut, `\uFFFD` for the unprintable. */
export function plainText(text: string, maxLength: number): string {
  // Cut before replacing, so that a huge text costs no more than a short one.
  const clean = text.slice(0, maxLength + 1).replace(UNPRINTABLE, '\uFFFD');
  if (text.length <= maxLength) return clean;
  return `${clean.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A value from a file or an answer as short JSON. Never throws, whatever the value. */
export function showValue(value: unknown, maxLength = 60): string {
  if (typeof value === 'number') return String(value);
  try {
    return plainText(JSON.stringify(value) ?? String(value), maxLength);
  } catch {
    // JSON.stringify recurses, and an answer may be nested deeper than the stack.
    return 'a value that is nested too deeply to show';
  }
}
