import type { Scenario, ServiceState, ServiceView, StandingRow, TeamInfo, TeamScore } from '#contracts';
import { byTeamId, compareSalaries, ranksOf } from '#game';

interface Entry {
  readonly teamId: string;
  team: TeamInfo;
  score: TeamScore | undefined;
  /** Statuses that are newer than those of the score, and replace them. */
  states: ReadonlyMap<string, ServiceState> | undefined;
  salaryCents: number;
  minuteAgoCents: number;
  row: StandingRow | undefined;
}

/**
 * One game's rows in order. A row keeps its identity until something in it changes, so comparing references finds the changes
 * between two frames.
 */
export class StandingsTable {
  /** Kept in the last order, because sorting a nearly sorted array is cheap. */
  private ranked: Entry[] = [];
  private unranked: Entry[] = [];
  private readonly entries = new Map<string, Entry>();
  private current: readonly StandingRow[] = [];
  private changed = false;

  constructor(private readonly services: Scenario['services']) {}

  /** Adds a team or replaces its data. */
  setTeam(team: TeamInfo): void {
    const known = this.entries.get(team.id);
    if (known) {
      this.ranked = this.ranked.filter((entry) => entry !== known);
      this.unranked = this.unranked.filter((entry) => entry !== known);
    }
    const entry: Entry = known
      ? { ...known, team, row: undefined }
      : {
          teamId: team.id,
          team,
          score: undefined,
          states: undefined,
          salaryCents: 0,
          minuteAgoCents: 0,
          row: undefined,
        };
    this.entries.set(team.id, entry);
    (team.ranked ? this.ranked : this.unranked).push(entry);
    this.changed = true;
  }

  /** False if the team is unknown. */
  setScore(score: TeamScore): boolean {
    const entry = this.entries.get(score.teamId);
    if (entry === undefined) return false;
    entry.score = score;
    entry.states = undefined;
    entry.salaryCents = score.salaryCents;
    entry.minuteAgoCents = score.salaryCents - score.trend.oneMinuteCents;
    entry.row = undefined;
    this.changed = true;
    return true;
  }

  /** Updates a team's statuses and nothing else. False if the team is unknown. */
  setStatuses(teamId: string, services: readonly ServiceView[]): boolean {
    const entry = this.entries.get(teamId);
    if (entry === undefined) return false;
    const states = new Map(services.map(({ id, state }) => [id, state]));
    const shown = entry.row?.services ?? this.statuses(entry);
    if (shown.every(({ id, state }) => (states.get(id) ?? 'unknown') === state)) return true;
    entry.states = states;
    entry.row = undefined;
    this.changed = true;
    return true;
  }

  /** In order of rank, then team id; unranked teams last. The same array until something changes. */
  rows(): readonly StandingRow[] {
    if (!this.changed) return this.current;
    this.changed = false;
    this.ranked.sort(compareSalaries);
    this.unranked.sort(byTeamId);
    const changes = this.placesWon();
    const ranks = ranksOf(this.ranked);
    const ranked = this.ranked.map((entry, index) => this.row(entry, ranks[index]!, changes[index]!));
    this.current = [...ranked, ...this.unranked.map((entry) => this.row(entry, null, 0))];
    return this.current;
  }

  /** Event time up to which every shown team's score is complete; 0 if one has none. */
  asOf(): number {
    let asOf = Infinity;
    for (const { score } of this.entries.values()) asOf = Math.min(asOf, score?.asOf ?? 0);
    return asOf === Infinity ? 0 : asOf;
  }

  /**
   * Places gained by each ranked team over the last minute. The order of a minute ago follows from the pay of the last
   * minute, so it needs no memory and survives a restart. Teams that were equal then count as being in the current order,
   * so that the end of a tie costs no team a place.
   */
  private placesWon(): number[] {
    const before = this.ranked.map((entry, index) => ({ cents: entry.minuteAgoCents, index }));
    before.sort((a, b) => b.cents - a.cents || a.index - b.index);
    const won = new Array<number>(before.length);
    before.forEach(({ index }, place) => (won[index] = place - index));
    return won;
  }

  private row(entry: Entry, rank: number | null, rankChange: number): StandingRow {
    const { row, score } = entry;
    if (row !== undefined && row.rank === rank && row.rankChange === rankChange) return row;
    entry.row = {
      rank,
      rankChange,
      team: entry.team,
      salaryCents: entry.salaryCents,
      payPerMinuteCents: score?.payPerMinuteCents ?? 0,
      trend: {
        oneMinuteCents: score?.trend.oneMinuteCents ?? 0,
        fiveMinutesCents: score?.trend.fiveMinutesCents ?? 0,
      },
      services: row?.services ?? this.statuses(entry),
      // Only the final score has it, and the gate holds that back while the board is frozen.
      ...(score?.requests === undefined ? {} : { requests: score.requests }),
    };
    return entry.row;
  }

  /** One view per service, in the scenario's order, with exactly the public fields. */
  private statuses({ score, states }: Entry): ServiceView[] {
    return this.services.map(({ id }) => {
      const known = score?.services.find((service) => service.id === id);
      return {
        id,
        state: (states === undefined ? known?.state : states.get(id)) ?? 'unknown',
        availabilityBp: known?.availabilityBp ?? null,
        p95Ms: known?.p95Ms ?? null,
        requestsPerSecond: known?.requestsPerSecond ?? 0,
      };
    });
  }
}
