import { isIP } from 'node:net';

/** The parts of one endpoint's URL. */
export interface Target {
  readonly secure: boolean;
  /** Name or address, without brackets. */
  readonly host: string;
  readonly isAddress: boolean;
  readonly port: number;
  /** For the `Host` header: with the port unless it is the scheme's default. */
  readonly authority: string;
  /** Prefix of every check's path; without a trailing slash. */
  readonly basePath: string;
}

/** @param url http(s) @throws TypeError for anything else. */
export function targetOf(url: string): Target {
  const { protocol, hostname, port, host, pathname } = new URL(url);
  const secure = protocol === 'https:';
  if (!secure && protocol !== 'http:') throw new TypeError('the endpoint is neither http nor https');
  const plain = hostname.replace(/^\[|\]$/g, '');
  return {
    secure,
    host: plain,
    isAddress: isIP(plain) !== 0,
    port: Number(port || (secure ? 443 : 80)),
    authority: host,
    basePath: pathname.replace(/\/+$/, ''),
  };
}
