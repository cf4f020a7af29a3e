import { addressKind } from './address-kind.js';
import { AllowedRange } from './allowed-range.js';

/**
 * Why an address may not be called, or null if it may. Global unicast is always callable, private addresses only where an
 * allow-list covers them, and anything else never. With a translator both its address and its destination must be callable.
 */
export function callProblem(address: string, port: number, allow: readonly AllowedRange[]): string | null {
  const kind = addressKind(address);
  if (kind === null) return `address not allowed: ${address} is no IP address`;
  const shown = kind.inner === undefined ? kind.address : `${kind.address} (${kind.inner.address} inside)`;
  const refusal = `address not allowed: ${shown} is ${WORDS[kind.what] ?? `a ${kind.what} address`}`;
  if (kind.reach === 'public') return null;
  if (kind.reach === 'never') return refusal;
  if (!allow.some((range) => range.covers(kind.address, port)))
    return `${refusal}; the organiser can allow it with --allow ${rangeToAllow(kind.address)}`;
  return kind.inner === undefined ? null : callProblem(kind.inner.address, port, allow);
}

const WORDS: Record<string, string> = {
  private: 'private',
  loopback: 'loopback',
  reserved: 'reserved',
  unspecified: 'unspecified',
  multicast: 'multicast',
  broadcast: 'broadcast',
  'link-local': 'link-local',
  'cloud metadata': 'cloud metadata',
};

/** The private ranges that an organiser usually means when allowing one of their addresses. */
const RANGES = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '100.64.0.0/10',
  '198.18.0.0/15',
  '::1',
  'fc00::/7',
  '64:ff9b::/96',
].map((text) => AllowedRange.parse(text));

/** What to pass to `--allow` so that a private address may be called. */
export function rangeToAllow(address: string): string {
  const canonical = addressKind(address)?.address ?? address;
  return RANGES.find((range) => range.covers(canonical, 1))?.text ?? canonical;
}
