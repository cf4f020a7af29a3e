/** A field name (RFC 9110 §5.1: a token). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What must not stand in a value, and becomes a space (RFC 9110 §5.5). */
// eslint-disable-next-line no-control-regex
const INVALID_IN_VALUE = /[\u0000\r]/g;

export function isToken(name: string): boolean {
  return TOKEN.test(name);
}

/** Whether a name that begins with this letter may be one that `Fields` knows. @param code of an ASCII character */
export function isFirstOfKnown(code: number): boolean {
  const letter = code | 0x20;
  // c(onnection, content-…), l(ocation), p(ayday-team), t(ransfer-encoding)
  return letter === 0x63 || letter === 0x6c || letter === 0x70 || letter === 0x74;
}

/** Without the white space around it; CR and NUL inside become spaces. */
function fieldValue(raw: string): string {
  return raw.replace(INVALID_IN_VALUE, ' ').trim();
}

/** The members of a comma-separated list, lower case, without empty ones. */
export function listOf(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}

/** The header fields that a customer has to understand. Several lines of one name are joined by commas (RFC 9110 §5.3). */
export class Fields {
  contentLength: string | null = null;
  transferEncoding: string | null = null;
  contentEncoding: string | null = null;
  connection: string | null = null;
  location: string | null = null;
  /** `Payday-Team`: whose service this is. */
  paydayTeam: string | null = null;

  /** @param name in any case; names that don't matter are passed over. @param raw as it stands behind the colon */
  add(name: string, raw: string): void {
    // Nearly every field is passed over, so the length is asked before anything is copied.
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
