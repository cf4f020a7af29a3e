import { isIPv6 } from 'node:net';
import type { Outcome } from '#contracts';

/** Errors of the prober's own machine: too many files, no memory, no ports. Never scored. */
const OWN_TROUBLE = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'ENETDOWN']);

/** The errors for an IPv6 address on a machine without IPv6. */
const NO_IPV6 = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETUNREACH', 'EHOSTUNREACH']);

const TLS_CODES =
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO$|HOSTNAME_MISMATCH|INVALID_CA)/;

/** The outcome for a connection error. */
export function outcomeOfError(error: unknown): Outcome {
  if (isWithoutIPv6(error)) return 'connect_error';
  const code = codeOf(error);
  if (OWN_TROUBLE.has(code)) return 'prober_error';
  return TLS_CODES.test(code) ? 'tls_error' : 'connect_error';
}

/** True if the peer closed a connection, as opposed to being unreachable. */
export function isReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

/** The error's code; if several addresses failed, that of the most telling error. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(telling(error));
  if (typeof error !== 'object' || error === null) return '';
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && code !== '') return code;
  return codeOf((error as { cause?: unknown }).cause);
}

/**
 * On a machine without IPv6, an IPv6 address cannot be tried, which says nothing about the other addresses.
 * Among those, an error of the prober's own machine takes precedence: that address might have answered.
 */
function telling({ errors }: AggregateError): unknown {
  const tried = errors.filter((one) => !isWithoutIPv6(one));
  return tried.find((one) => OWN_TROUBLE.has(codeOf(one))) ?? tried[0] ?? errors[0];
}

/** An IPv6 address on a machine without IPv6. The team chooses its service's addresses, so the failure is the team's. */
function isWithoutIPv6(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isWithoutIPv6);
  const address = (error as { address?: unknown } | null)?.address;
  return typeof address === 'string' && isIPv6(address) && NO_IPV6.has(codeOf(error));
}

/** The error text for the team: "connect ECONNREFUSED 10.0.0.7:8080". */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(telling(error));
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const text = message === '' ? 'the connection failed' : message;
  const told = code === '' || text.includes(code) ? text : `${text} (${code})`;
  return isWithoutIPv6(error) ? `${told}: the prober has no IPv6` : told;
}
