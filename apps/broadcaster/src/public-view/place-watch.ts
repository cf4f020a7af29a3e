import type { StandingRow } from '#contracts';

/** The places whose changes are announced. */
const PLACES = 3;
/** How long, in ms, a team must hold its new place, so that a close race is announced once, not ten times per second. */
const HOLD_MS = 3_000;

export interface PlaceNews {
  rank: number;
  teamId: string;
  fromTeamId: string;
  /** Event time of the standings in which the team took the place. */
  sinceAsOf: number;
}

interface Candidate {
  teamId: string;
  fromTeamId: string | null;
  sinceMs: number;
  sinceAsOf: number;
}

/** Watches the top places with hysteresis. Teams that share a rank hold no place; dropping into a place is not news. */
export class PlaceWatch {
  private readonly holders: (string | null)[] = Array.from({ length: PLACES }, () => null);
  private readonly candidates: (Candidate | null)[] = Array.from({ length: PLACES }, () => null);
  private previousTop: string[] = [];

  /** @param rows standings, best first @param nowMs the server's clock, epoch ms */
  observe(rows: readonly StandingRow[], asOf: number, nowMs: number): PlaceNews[] {
    const news: PlaceNews[] = [];
    for (let place = 0; place < PLACES; place++) {
      const candidate = this.candidate(rows, place, asOf, nowMs);
      this.candidates[place] = candidate;
      if (candidate === null || nowMs - candidate.sinceMs < HOLD_MS) continue;
      const { teamId, fromTeamId, sinceAsOf } = candidate;
      if (this.holders[place] !== null && fromTeamId !== null)
        news.push({ rank: place + 1, teamId, fromTeamId, sinceAsOf });
      this.holders[place] = teamId;
      this.candidates[place] = null;
    }
    this.previousTop = rows.slice(0, PLACES).map(({ team }) => team.id);
    return news;
  }

  /** Starts over: the holders of the next standings are not news. */
  forget(): void {
    this.holders.fill(null);
    this.candidates.fill(null);
    this.previousTop = [];
  }

  private candidate(
    rows: readonly StandingRow[],
    place: number,
    asOf: number,
    nowMs: number,
  ): Candidate | null {
    const row = rows[place];
    const below = rows[place + 1];
    // The rank differs from the place if the team above has the same salary.
    if (row === undefined || row.rank !== place + 1 || below?.rank === row.rank) return null;
    const teamId = row.team.id;
    if (teamId === this.holders[place]) return null;
    const current = this.candidates[place];
    if (current?.teamId === teamId) return current;
    const before = this.previousTop.indexOf(teamId);
    const rose = before === -1 || before > place;
    const fromTeamId = rose ? this.overtaken(rows, place) : null;
    return { teamId, fromTeamId, sinceMs: nowMs, sinceAsOf: asOf };
  }

  /** The team that had the place or, if that team rose itself, the team now behind the new holder. */
  private overtaken(rows: readonly StandingRow[], place: number): string | null {
    const holder = this.previousTop[place];
    const isBehind = rows.findIndex(({ team }) => team.id === holder) > place;
    const next = rows[place + 1];
    if (isBehind) return holder!;
    return next === undefined || next.rank === null ? null : next.team.id;
  }
}
