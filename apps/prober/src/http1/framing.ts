import { AnswerError } from './answer-error.js';
import { listOf, type Fields } from './fields.js';

const DIGITS = /^\d+$/;

/** How the end of a body is found (RFC 9112 §6.3). */
export type BodyEnd =
  { kind: 'none' } | { kind: 'length'; bytes: number } | { kind: 'chunked' } | { kind: 'close' };

export interface Framing {
  end: BodyEnd;
  /** Whether the connection may serve another request afterwards. */
  keepAlive: boolean;
  /** The codings to undo to get the content, outermost last: `gzip`, `br`, … */
  codings: readonly string[];
}

/**
 * @param minorVersion of HTTP/1
 * @throws AnswerError `connect_error` for lengths that are none or contradict each other.
 */
export function framingOf(method: string, status: number, minorVersion: number, fields: Fields): Framing {
  const options = listOf(fields.connection);
  const persistent = minorVersion >= 1 ? !options.includes('close') : options.includes('keep-alive');
  const codings = withoutIdentity(fields.contentEncoding);
  if (method === 'HEAD' || status === 204 || status === 304)
    return { end: { kind: 'none' }, keepAlive: persistent, codings: [] };
  const transfer = withoutIdentity(fields.transferEncoding);
  if (transfer.length > 0) {
    const chunked = transfer.at(-1) === 'chunked';
    const others = chunked ? transfer.slice(0, -1) : transfer;
    if (others.includes('chunked'))
      throw new AnswerError(
        'connect_error',
        'Transfer-Encoding names chunked twice, or not as the last coding',
      );
    return {
      end: chunked ? { kind: 'chunked' } : { kind: 'close' },
      // A length beside it is ignored, but a server that sends both may disagree with itself about where the answer ends.
      keepAlive: persistent && chunked && fields.contentLength === null && minorVersion >= 1,
      codings: [...codings, ...others],
    };
  }
  if (fields.contentLength === null) return { end: { kind: 'close' }, keepAlive: false, codings };
  return { end: { kind: 'length', bytes: lengthOf(fields.contentLength) }, keepAlive: persistent, codings };
}

function withoutIdentity(value: string | null): readonly string[] {
  const codings = listOf(value);
  return codings.includes('identity') ? codings.filter((coding) => coding !== 'identity') : codings;
}

/** One decimal number, or the same one several times (RFC 9110 §8.6). */
function lengthOf(value: string): number {
  if (DIGITS.test(value)) return Number(value);
  const members = value.split(',').map((member) => member.trim());
  const [first = ''] = members;
  if (!DIGITS.test(first) || members.some((member) => member !== first))
    throw new AnswerError(
      'connect_error',
      `Content-Length is "${value.slice(0, 60)}", which is not a length`,
    );
  return Number(first);
}
