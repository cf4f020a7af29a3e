import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Endpoint } from '#persistence';
import { AllowedRange, callProblem, rangeToAllow } from '#runtime';

/** Which addresses a prober that a launcher starts may call, and which it must not, as the prober's settings say it. */
export interface ProbeAddresses {
  allow: readonly string[];
  deniedOrigins: readonly string[];
}

/**
 * Of bots exactly the ports where their services are: nothing else on this machine becomes reachable for other teams.
 * @param botEndpoints URLs with addresses, as sandboxes report them
 */
export function botRanges(botEndpoints: readonly Pick<Endpoint, 'url'>[]): string[] {
  return [...new Set(botEndpoints.map(({ url }) => new URL(url).host))];
}

/** An origin without user and password: it stands on command lines. Empty for what is no URL with a host. */
export function originWithoutSecrets(url: string): string[] {
  try {
    const { protocol, host } = new URL(url);
    return host === '' ? [] : [`${protocol}//${host}`];
  } catch {
    return [];
  }
}

/** The prober's command line; asked at each of its starts. */
export function addressFlags({ allow, deniedOrigins }: ProbeAddresses): string[] {
  return [
    ...(allow.length === 0 ? [] : ['--allow', allow.join(',')]),
    ...(deniedOrigins.length === 0 ? [] : ['--denied-origins', deniedOrigins.join(',')]),
  ];
}

/** For a prober that runs: what has changed since. */
export function addressMessage(addresses: ProbeAddresses): object {
  return { type: 'addresses', ...addresses };
}

/** A name that can't be looked up by then is not warned of. */
const LOOKUP_MS = 1_000;
const MAX_NAMED = 5;

/**
 * One line on the endpoints that the prober will refuse, naming teams, addresses and what to pass; null if there are none.
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
    // One callable address is enough for the prober.
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
