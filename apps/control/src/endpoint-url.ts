import { PaydayError } from '#kernel';
import { readEndpointUrl } from '#scenario';

/**
 * The base URL under which a team runs a service, by the rules of a teams file (`readEndpointUrl`).
 * @throws PaydayError `bad_request` with what is wrong and how to write it.
 */
export function endpointUrl(text: string): string {
  const read = readEndpointUrl(text);
  if ('url' in read) return read.url;
  throw new PaydayError('bad_request', `url: ${read.problem}`, {
    details: { errors: [{ path: 'url', message: read.problem }] },
  });
}
