import type { SharedAddress } from '#contracts';
import { PaydayError } from '#kernel';
import type { Endpoint } from '#persistence';
import { endpointAddress } from '#scenario';

/** Servers that are named by more than one team, in order of their address. */
export function sharedAddresses(endpoints: readonly Endpoint[]): SharedAddress[] {
  const byServer = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) {
    const { server } = endpointAddress(endpoint.url);
    const users = byServer.get(server);
    if (users === undefined) byServer.set(server, [endpoint]);
    else users.push(endpoint);
  }
  return [...byServer]
    .filter(([, users]) => users.some(({ teamId }) => teamId !== users[0]!.teamId))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([server, users]) => ({
      server,
      endpoints: users
        .map(({ teamId, serviceId, url }) => ({ teamId, serviceId, url }))
        .sort((a, b) => (`${a.teamId} ${a.serviceId}` < `${b.teamId} ${b.serviceId}` ? -1 : 1)),
    }));
}

/** The other teams whose services are at the same place, and at the same server elsewhere; each in order, once. */
export function neighboursOf(
  { teamId, url }: Pick<Endpoint, 'teamId' | 'url'>,
  endpoints: readonly Endpoint[],
): { samePlace: string[]; sameServer: string[] } {
  const here = endpointAddress(url);
  const samePlace = new Set<string>();
  const sameServer = new Set<string>();
  for (const other of endpoints) {
    if (other.teamId === teamId) continue;
    const there = endpointAddress(other.url);
    if (there.place === here.place) samePlace.add(other.teamId);
    else if (there.server === here.server) sameServer.add(other.teamId);
  }
  return { samePlace: [...samePlace].sort(), sameServer: [...sameServer].sort() };
}

/** The message does not name the owner: a team could otherwise find out a rival's address. */
export function endpointTaken(url: string): PaydayError {
  return new PaydayError(
    'endpoint_taken',
    `${url} is a service of another team of this game. Register a server of your own; if the address is yours, ask a facilitator, who can set it with "shared": true.`,
  );
}

/** @throws PaydayError `endpoint_taken` if one of the new endpoints is at the place of another team's */
export function refuseDuplicates(wanted: readonly Endpoint[], known: readonly Endpoint[]): void {
  const owner = new Map(known.map(({ teamId, url }) => [endpointAddress(url).place, teamId]));
  for (const { teamId, url } of wanted) {
    const { place } = endpointAddress(url);
    if ((owner.get(place) ?? teamId) !== teamId) throw endpointTaken(url);
    owner.set(place, teamId);
  }
}
