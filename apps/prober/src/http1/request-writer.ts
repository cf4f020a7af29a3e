import { PaydayError } from '#kernel';
import { isToken } from './fields.js';

/** A request as `renderRequest` returns it. */
export interface Request {
  method: string;
  /** Path and query, beginning with `/`. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
}

// RFC 9112 §3.2: no white space or control characters; RFC 9110 §5.5: a value is visible text with inner blanks.
// eslint-disable-next-line no-control-regex
const NOT_IN_TARGET = /[\u0000-\u0020\u007f]/;
// eslint-disable-next-line no-control-regex
const NOT_IN_VALUE = /[\u0000-\u0008\u000a-\u001f\u007f]/;
const WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH']);

/** The `User-Agent` of requests: many firewalls answer 403 without one. @param gameUrl where to read more */
export function userAgent(version: string, gameUrl: string): string {
  return `payday/${version} (+${gameUrl})`;
}

/**
 * The text of a request (RFC 9112 §3), to be sent as UTF-8. Headers of the request itself come before the ones that are
 * always sent, and replace them: a scenario may set its own `User-Agent`.
 * @param authority host, and port unless it is the scheme's default
 * @throws PaydayError `invalid_request` for a request that can't be sent, such as one with a line break in a header
 */
export function writeRequest(request: Request, authority: string, basePath: string, agent: string): string {
  const { method, path, headers, body } = request;
  const target = `${basePath}${path}`;
  if (NOT_IN_TARGET.test(target)) throw invalid(`the path "${target}" holds blanks or control characters`);
  let lines = '';
  const given = new Set<string>();
  for (const name in headers) {
    const value = headers[name]!;
    if (!isToken(name) || NOT_IN_VALUE.test(value))
      throw invalid(`the header "${name}" can't be sent: a line break or a control character`);
    given.add(name.toLowerCase());
    lines += `${name}: ${value}\r\n`;
  }
  const add = (name: string, value: string): void => {
    if (!given.has(name.toLowerCase())) lines += `${name}: ${value}\r\n`;
  };
  add('User-Agent', agent);
  add('Accept', '*/*');
  add('Accept-Encoding', 'identity');
  if (body !== undefined) lines += `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  else if (WITH_CONTENT.has(method)) lines += 'Content-Length: 0\r\n';
  return `${method} ${target} HTTP/1.1\r\nHost: ${authority}\r\n${lines}\r\n${body ?? ''}`;
}

function invalid(message: string): PaydayError {
  return new PaydayError('invalid_request', message);
}
