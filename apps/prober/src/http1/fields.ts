/** A field name (RFC 9110 §5.1: a token). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Characters that are invalid in a value and become spaces (RFC 9110 §5.5). */
// eslint-disable-next-line no-control-regex
const INVALID_IN_VALUE = /[\u0000\r]/g;
const NO_MEMBERS: readonly string[] = [];

export function isToken(name: string): boolean {
  return TOKEN.test(name);
}

/**
 * Whether a name may be one of those in `Fields`.
 * @param first code of its first character, ASCII
 * @param length in characters
 */
export function mayBeKnown(first: number, length: number): boolean {
  switch (first | 0x20) {
    case 0x63: // connection, content-length, content-encoding
      return length === 10 || length === 14 || length === 16;
    case 0x6c: // location
      return length === 8;
    case 0x70: // payday-team
      return length === 11;
    case 0x74: // transfer-encoding
      return length === 17;
    default:
      return false;
  }
}

/** Trims white space; CR and NUL inside become spaces. */
function fieldValue(raw: string): string {
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code === 0 || code === 13) return raw.replace(INVALID_IN_VALUE, ' ').trim();
  }
  return raw.trim();
}

/** The non-empty members of a comma-separated list, in lower case. */
export function listOf(value: string | null): readonly string[] {
  if (value === null) return NO_MEMBERS;
  return value
    .toLowerCase()
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}

/** The header fields that matter here. Repeated fields are joined by commas (RFC 9110 §5.3). */
export class Fields {
  contentLength: string | null = null;
  transferEncoding: string | null = null;
  contentEncoding: string | null = null;
  connection: string | null = null;
  location: string | null = null;
  /** `Payday-Team`: the proof of the service's owner. */
  paydayTeam: string | null = null;

  /** @param name in any case; irrelevant names are ignored @param raw the text after the colon */
  add(name: string, raw: string): void {
    // Nearly every field is irrelevant, so the length is checked before anything is copied.
    switch (name.length) {
      case 8:
        if (is(name, 'location')) this.location ??= fieldValue(raw);
        return;
      case 10:
        if (is(name, 'connection')) this.connection = joined(this.connection, fieldValue(raw));
        return;
      case 11:
        if (is(name, 'payday-team')) this.paydayTeam = joined(this.paydayTeam, fieldValue(raw));
        return;
      case 14:
        if (is(name, 'content-length')) this.contentLength = joined(this.contentLength, fieldValue(raw));
        return;
      case 16:
        if (is(name, 'content-encoding'))
          this.contentEncoding = joined(this.contentEncoding, fieldValue(raw));
        return;
      case 17:
        if (is(name, 'transfer-encoding'))
          this.transferEncoding = joined(this.transferEncoding, fieldValue(raw));
        return;
    }
  }
}

function is(name: string, lowerCase: string): boolean {
  return name.toLowerCase() === lowerCase;
}

function joined(before: string | null, value: string): string {
  return before === null ? value : `${before}, ${value}`;
}
