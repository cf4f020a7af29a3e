import { isIP } from 'node:net';
import type { Outcome } from '#contracts';

/**
 * Trouble of the prober's own machine: too many files, no memory, no ports,
 * its resolver, a request that its HTTP client refuses to send. Never scored.
 */
const OWN_TROUBLE = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'ENETDOWN',
  'EAI_AGAIN',
  'EAI_MEMORY',
  'EAI_SYSTEM',
  'UND_ERR_INVALID_ARG',
]);

const TLS_CODES =
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO$|HOSTNAME_MISMATCH|INVALID_CA)/;

/** The outcome that an error of the connection, or of reading the answer, means. */
export function outcomeOfError(error: unknown): Outcome {
  const code = codeOf(error);
  if (OWN_TROUBLE.has(code)) return 'prober_error';
  if (TLS_CODES.test(code)) return 'tls_error';
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW') return 'too_large';
  return 'connect_error';
}

/** True if the peer closed a connection, as opposed to answering nonsense or being unreachable. */
export function isReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(error));
}

/** The error's code; for a failure of several addresses, that of the telling one. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(telling(error));
  if (typeof error !== 'object' || error === null) return '';
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && code !== '') return code;
  return codeOf((error as { cause?: unknown }).cause);
}

/**
 * Without IPv6 on this machine an IPv6 address cannot be tried, which says nothing of the service; the other addresses do.
 * Of those any trouble of our own counts first: the address that it spoiled might have answered.
 */
function telling({ errors }: AggregateError): unknown {
  const tried = errors.filter(
    (one: { address?: unknown }) => codeOf(one) !== 'EADDRNOTAVAIL' || isIP(String(one.address)) !== 6,
  );
  return tried.find((one) => OWN_TROUBLE.has(codeOf(one))) ?? tried[0] ?? errors[0];
}

/** What a team is told: "connect ECONNREFUSED 10.0.0.7:8080". */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(telling(error));
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const text = message === '' ? 'the connection failed' : message;
  return code === '' || text.includes(code) || code.startsWith('UND_') ? text : `${text} (${code})`;
}
