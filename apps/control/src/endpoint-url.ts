import { PaydayError } from '#kernel';

export const MAX_URL_LENGTH = 2000;

/**
 * The base URL under which a team runs a service, without a trailing slash: check paths are appended to it.
 * Where it may point to is the prober's business, which resolves the name at every connection.
 * @throws PaydayError `bad_request` if it isn't an absolute http(s) URL, or carries a user, a query or a fragment.
 */
export function endpointUrl(text: string): string {
  if (text.length > MAX_URL_LENGTH)
    throw refusal(`an endpoint URL has at most ${MAX_URL_LENGTH} characters, this one ${text.length}`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refusal(`"${text}" is no absolute URL, such as http://10.0.0.7:8080`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refusal(`an endpoint is reached by http or https, not by "${url.protocol.slice(0, -1)}"`);
  if (url.username !== '' || url.password !== '')
    throw refusal('an endpoint URL carries no user or password');
  // An empty query or fragment shows in the whole address only; a path behind it would be part of it.
  if (/[?#]/.test(url.href)) throw refusal('an endpoint URL carries no query and no fragment');
  return url.href.replace(/\/+$/, '');
}

function refusal(what: string): PaydayError {
  const message = `url: ${what}`;
  return new PaydayError('bad_request', message, { details: { errors: [{ path: 'url', message: what }] } });
}
