/** So many addresses of one team are remembered; the one not seen for longest is forgotten first. */
const MAX_PER_TEAM = 64;

/**
 * The addresses that teams' services were reached at, as the prober's resolver found them: two names for one server show
 * here, and nowhere else.
 */
export class SharedAddresses {
  /** Per team: addresses in the order in which they were seen last. */
  private readonly byTeam = new Map<string, Set<string>>();

  /** A connection of the team's went there. Cheap: once per connection. @param address `10.0.0.7`, `2001:db8::1` */
  recordAddress(teamId: string, address: string, port: number): void {
    let places = this.byTeam.get(teamId);
    if (places === undefined) this.byTeam.set(teamId, (places = new Set()));
    const place = `${address} ${port}`;
    places.delete(place);
    places.add(place);
    if (places.size > MAX_PER_TEAM) places.delete(places.values().next().value!);
  }

  /** Addresses with the teams that were reached there, where those are two or more; both in order. */
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
