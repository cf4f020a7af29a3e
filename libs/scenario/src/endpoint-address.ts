import { PlatformUrl } from './platform-url.js';

/** The normal form by which endpoint URLs are compared. */
export interface EndpointAddress {
  /** Normalised scheme, host, port and path: equal for URLs that a server cannot tell apart. */
  place: string;
  /** `host:port`, whatever the scheme and the path. */
  server: string;
}

const UNRESERVED = /[A-Za-z0-9._~-]/;

/**
 * The normalised address of an endpoint: lower-case host without the root dot, explicit port, dot segments in the path
 * resolved, unnecessary escapes decoded, no empty segments, no trailing slash (RFC 3986, 6.2).
 * Names are not resolved; the prober does that.
 * @param url absolute, http or https
 * @throws TypeError if it is not an absolute URL
 */
export function endpointAddress(url: string): EndpointAddress {
  const { protocol, hostname, port, pathname } = new PlatformUrl(url);
  const host = hostname.replace(/(?<=[^.])\.$/, '');
  const number = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  const path = pathname
    .replace(/%[0-9A-Fa-f]{2}/g, (escape) => {
      const character = String.fromCharCode(parseInt(escape.slice(1), 16));
      return UNRESERVED.test(character) ? character : escape.toUpperCase();
    })
    .replace(/\/{2,}/g, '/')
    .replace(/\/$/, '');
  return { place: `${protocol}//${host}:${number}${path}`, server: `${host}:${number}` };
}
