import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Endpoint } from '#persistence';
import { AllowedRange, callProblem, rangeToAllow } from '#runtime';

/** Which addresses the game's prober may call, and which it must not, in the form of the prober's settings. */
export interface ProbeAddresses {
  allow: readonly string[];
  deniedOrigins: readonly string[];
}

/**
 * The bots' exact ports, so that nothing else on this machine becomes reachable for other teams.
 * @param botEndpoints URLs with addresses, as sandboxes report them
 */
export function botRanges(botEndpoints: readonly Pick<Endpoint, 'url'>[]): string[] {
  return [...new Set(botEndpoints.map(({ url }) => new URL(url).host))];
}

/** An origin without user and password, because it goes onto command lines. Empty for anything but a URL with a host. */
export function originWithoutSecrets(url: string): string[] {
  try {
    const { protocol, host } = new URL(url);
    return host === '' ? [] : [`${protocol}//${host}`];
  } catch {
    return [];
  }
}

/** The prober's command line. */
export function addressFlags({ allow, deniedOrigins }: ProbeAddresses): string[] {
  return [
    ...(allow.length === 0 ? [] : ['--allow', allow.join(',')]),
    ...(deniedOrigins.length === 0 ? [] : ['--denied-origins', deniedOrigins.join(',')]),
  ];
}

/** The message that gives a running prober its new addresses. */
export function addressMessage(addresses: ProbeAddresses): object {
  return { type: 'addresses', ...addresses };
}

/** A name that takes longer to look up is left out of the warning. */
const LOOKUP_MS = 1_000;
const MAX_NAMED = 5;

/**
 * A one-line warning about the endpoints that the prober will refuse, with teams, addresses and the flag to pass; null if there are none.
 * @param find addresses of a name; for tests
 */
export async function refusalWarning(
  endpoints: readonly Endpoint[],
  allow: readonly string[],
  find: (name: string) => Promise<string[]> = addressesOf,
): Promise<string | null> {
  const ranges = allow.map((text) => AllowedRange.parse(text));
  const found = new Map<string, string[]>();
  const hosts = [...new Set(endpoints.map(({ url }) => hostOf(url)))];
  await Promise.all(hosts.map(async (host) => found.set(host, isIP(host) === 0 ? await find(host) : [host])));
  const refused: string[] = [];
  const flags = new Set<string>();
  for (const { teamId, serviceId, url } of endpoints) {
    const { port, protocol } = new URL(url);
    const number = Number(port || (protocol === 'https:' ? 443 : 80));
    const addresses = found.get(hostOf(url)) ?? [];
    const problems = addresses.map((address) => callProblem(address, number, ranges));
    // The prober needs one callable address only.
    if (problems.length === 0 || problems.includes(null)) continue;
    refused.push(`${teamId}/${serviceId} at ${url}`);
    for (const address of addresses) {
      const range = rangeToAllow(address);
      if (callProblem(address, number, [...ranges, AllowedRange.parse(range)]) === null) flags.add(range);
    }
  }
  if (refused.length === 0) return null;
  const more = refused.length > MAX_NAMED ? ` and ${refused.length - MAX_NAMED} more` : '';
  const remedy =
    flags.size === 0
      ? 'such addresses are never called (docs/security.md)'
      : `pass --allow ${[...flags].join(',')} if they are meant to be called (docs/security.md)`;
  return `endpoints that customers will not call: ${refused.slice(0, MAX_NAMED).join(', ')}${more}; ${remedy}`;
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

async function addressesOf(name: string): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), LOOKUP_MS);
  });
  const found = lookup(name, { all: true }).then(
    (all) => all.map(({ address }) => address),
    () => [],
  );
  const addresses = await Promise.race([found, late]);
  clearTimeout(timer);
  return addresses;
}
