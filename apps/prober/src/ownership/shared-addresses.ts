/** Addresses kept per team; the least recently seen is forgotten first. */
const MAX_PER_TEAM = 64;

/**
 * The addresses at which teams' services were reached, as the prober resolved them. Two names for one server show up
 * only here.
 */
export class SharedAddresses {
  /** Per team: addresses, least recently seen first. */
  private readonly byTeam = new Map<string, Set<string>>();

  /** Records the address of a team's connection. Cheap enough for each connection. @param address `10.0.0.7`, `2001:db8::1` */
  recordAddress(teamId: string, address: string, port: number): void {
    let places = this.byTeam.get(teamId);
    if (places === undefined) this.byTeam.set(teamId, (places = new Set()));
    const place = `${address} ${port}`;
    places.delete(place);
    places.add(place);
    if (places.size > MAX_PER_TEAM) places.delete(places.values().next().value!);
  }

  /** Addresses at which two or more teams were reached, with those teams; both sorted. */
  shared(): { address: string; port: number; teamIds: string[] }[] {
    const teams = new Map<string, string[]>();
    for (const [teamId, places] of this.byTeam)
      for (const place of places) teams.set(place, [...(teams.get(place) ?? []), teamId]);
    return [...teams]
      .filter(([, teamIds]) => teamIds.length > 1)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([place, teamIds]) => {
        const [address = '', port = ''] = place.split(' ');
        return { address, port: Number(port), teamIds: teamIds.sort() };
      });
  }
}
