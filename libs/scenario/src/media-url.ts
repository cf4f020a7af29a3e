import { showValue } from './plain-text.js';
import { PlatformUrl } from './platform-url.js';
import type { UrlParts } from './platform-url.js';
import type { Reader } from './readers.js';
import { text } from './readers.js';

/**
 * Location of a picture or a video: `http`, `https`, or a path on this server. Screens embed it in a page, so nothing
 * else is allowed, above all no `javascript:` or `data:`.
 */
export const mediaUrl: Reader<string> = (value, path, report) => {
  const found = text(1, 2000)(value, path, report);
  if (found === undefined) return undefined;
  const problem = found.startsWith('/') ? pathProblem(found) : urlProblem(found);
  if (problem === undefined) return found;
  report(path, problem);
  return undefined;
};

const EXPECTED = 'write https://…, or a path of this server that begins with one /';

function pathProblem(found: string): string | undefined {
  // A browser resolves `//host` and `/\\host` to another server.
  return /^\/[/\\]/.test(found) || /[\s\\]/.test(found)
    ? `${showValue(found, 100)} is not a path of this server; ${EXPECTED}`
    : undefined;
}

function urlProblem(found: string): string | undefined {
  let url: UrlParts;
  try {
    url = new PlatformUrl(found);
  } catch {
    return `${showValue(found, 100)} is not a URL; ${EXPECTED}`;
  }
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user name or password; everybody who watches can see it';
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `${showValue(found, 100)} is not http or https; ${EXPECTED}`;
  // The parser would silently repair these.
  if (!/^https?:\/\/[^/\\]/i.test(found) || /[\s\\]/.test(found))
    return `${showValue(found, 100)} is not a URL; ${EXPECTED}`;
  return undefined;
}
