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

/** The error's code; for a failure of several addresses, the first one's. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (typeof error !== 'object' || error === null) return '';
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && code !== '') return code;
  return codeOf((error as { cause?: unknown }).cause);
}

/** What a team is told: "connect ECONNREFUSED 10.0.0.7:8080". */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(error.errors[0]);
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const text = message === '' ? 'the connection failed' : message;
  return code === '' || text.includes(code) || code.startsWith('UND_') ? text : `${text} (${code})`;
}
