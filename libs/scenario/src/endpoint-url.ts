import { showValue } from './plain-text.js';
import { PlatformUrl } from './platform-url.js';
import type { UrlParts } from './platform-url.js';

export const MAX_ENDPOINT_URL_LENGTH = 2000;

const WRITE = 'write http://host:port';
const MAX_SHOWN = 100;

/**
 * Reads the base URL of a team's service: absolute, http or https, without user, query and fragment. URL parsers repair
 * malformed input in different ways, so the URL that one parser checks may not be the URL that another one calls. Text
 * that would need a repair is therefore refused. Only case, IPv6 notation, a default port and trailing slashes may differ
 * from the stored form.
 *
 * The prober, not this function, checks at every connection whether the address is allowed.
 * @returns the URL as stored, without a trailing slash because a check's path is appended; or what is wrong and how to fix it
 */
export function readEndpointUrl(text: string): { url: string } | { problem: string } {
  const problem = problemOf(text);
  return problem === null ? { url: new PlatformUrl(text).href.replace(/\/+$/, '') } : { problem };
}

function problemOf(text: string): string | null {
  const is = (what: string): string => `${showValue(text, MAX_SHOWN)} ${what}`;
  if (text.length > MAX_ENDPOINT_URL_LENGTH)
    return is(`is too long: at most ${MAX_ENDPOINT_URL_LENGTH} characters, this has ${text.length}`);
  if (/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text))
    return is('holds a blank, a line break or a character that cannot be seen; write it without');
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1];
  if (scheme === undefined) return is(`is not a URL; ${WRITE}`);
  if (!/^https?$/i.test(scheme)) return is(`is not http or https; ${WRITE}`);
  if (text.includes('\\')) return is(`holds a backslash, which is no slash; ${WRITE}`);
  const [, authority, path = ''] = /^https?:\/\/([^/?#]*)([^?#]*)/i.exec(text) ?? [];
  if (authority === undefined) return is(`is not a URL: two slashes follow "${scheme}:"; ${WRITE}`);
  if (authority.includes('@'))
    return 'must not hold a user name or password; everybody on the team page can see it';
  if (text.includes('#')) return is('must not have a fragment (#…)');
  if (text.includes('?')) return is("must not have a query (?…): a check's path is appended");
  const wrong = authorityProblem(authority, text);
  if (wrong !== null) return is(wrong);
  const { pathname, href } = new PlatformUrl(text);
  if (pathname !== (path === '' ? '/' : path))
    return is(`has a path that would be changed; write ${showValue(href, MAX_SHOWN)}`);
  return null;
}

function authorityProblem(authority: string, text: string): string | null {
  const [, host, port] = /^(\[[^[\]]*\]|[^:[\]]*)(?::(.*))?$/.exec(authority) ?? [];
  if (/^[^[]*:[^[]*:/.test(authority))
    return 'has an IPv6 address without brackets; write http://[fd12::1]:port';
  if (host === '') return `has no host; ${WRITE}`;
  if (host === undefined) return `has a host that is neither a name nor an IP address; ${WRITE}`;
  if (port !== undefined && (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535))
    return `has a port that is not a whole number from 1 to 65535; ${WRITE}`;
  const parsed = parse(text);
  const right = parsed === null ? WRITE : `write ${parsed.protocol}//${parsed.host}`;
  if (host.includes('%')) return `has a percent sign in its host, where nothing is escaped; ${right}`;
  // Parsers map lookalike letters and digits to ASCII; internationalised names have an ASCII form.
  if (!isAscii(host)) return `has a host that is not ASCII; ${right}`;
  if (parsed === null || !(host.startsWith('[') || isHostName(host)))
    return `has a host that is neither a name nor an IP address; ${WRITE}`;
  // `127.1`, `0x7f.1`, `2130706433`: notations of one address that only some programs understand.
  if (!host.startsWith('[') && parsed.hostname !== host.toLowerCase())
    return `has an IP address in a form of its own; ${right}`;
  return null;
}

function parse(text: string): UrlParts | null {
  try {
    return new PlatformUrl(text);
  } catch {
    return null;
  }
}

function isAscii(text: string): boolean {
  return !/[^!-~]/.test(text);
}

/** Labels of 1 to 63 letters, digits, hyphens and (in container networks) underscores; a trailing dot marks a fully qualified name. */
function isHostName(host: string): boolean {
  return host.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i.test(host);
}
