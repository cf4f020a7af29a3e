import { PlatformUrl } from './platform-url.js';

/** What two endpoint URLs have in common that lead to the same place. */
export interface EndpointAddress {
  /** Scheme, host, port and path in one spelling: equal for URLs under which a server can't tell callers apart. */
  place: string;
  /** `host:port`, whatever the scheme and the path. */
  server: string;
}

const UNRESERVED = /[A-Za-z0-9._~-]/;

/**
 * The address of an endpoint in its one spelling: host in lower case and without the root's dot, the default port left out,
 * dots in the path resolved, no escapes of characters that need none, no empty segment, no slash at the end (RFC 3986, 6.2).
 * Names are not resolved: that is the prober's business.
 * @param url absolute, http or https
 * @throws TypeError if it is no absolute URL
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
