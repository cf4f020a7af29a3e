import { isAboveWarning, type UnscoredReport, type UnscoredWindow } from '#contracts';
import { MAX_UNSCORED_WINDOWS } from '#persistence';
import type { LedgerRow } from '#scoring';

type Row = Pick<LedgerRow, 'teamId' | 'serviceId' | 'windowIndex' | 'windowStartAt' | 'reason' | 'count'>;

/** Sums what was not scored from ledger rows, as `unscoredReport` does from the database. */
export class UnscoredSums {
  private readonly teams: UnscoredReport['teams'] = [];
  private readonly above: UnscoredWindow[] = [];

  /** Adds all rows of some teams, in any order; the rows of one team come in one call. */
  addTeams(rows: Iterable<Row>): void {
    const windows = [...windowsOf(rows)].sort(
      (a, b) =>
        byText(a.teamId, b.teamId) || byText(a.serviceId, b.serviceId) || a.windowIndex - b.windowIndex,
    );
    for (const window of windows) {
      const { teamId, serviceId, requests, unscored } = window;
      let team = this.teams.at(-1);
      if (team?.teamId !== teamId)
        this.teams.push((team = { teamId, requests: 0, unscored: 0, services: [] }));
      let service = team.services.at(-1);
      if (service?.id !== serviceId)
        team.services.push((service = { id: serviceId, requests: 0, unscored: 0 }));
      for (const sum of [team, service]) {
        sum.requests += requests;
        sum.unscored += unscored;
      }
      if (isAboveWarning(window)) this.above.push(window);
    }
  }

  report(): UnscoredReport {
    const sum = (of: 'requests' | 'unscored'): number =>
      this.teams.reduce((total, team) => total + team[of], 0);
    const above = [...this.above].sort(
      (a, b) =>
        b.unscored - a.unscored ||
        a.windowIndex - b.windowIndex ||
        byText(a.teamId, b.teamId) ||
        byText(a.serviceId, b.serviceId),
    );
    return {
      total: { requests: sum('requests'), unscored: sum('unscored') },
      teams: [...this.teams].sort((a, b) => byText(a.teamId, b.teamId)),
      windows: above.slice(0, MAX_UNSCORED_WINDOWS),
      windowsAbove: above.length,
    };
  }
}

function windowsOf(rows: Iterable<Row>): Iterable<UnscoredWindow> {
  const windows = new Map<string, UnscoredWindow>();
  for (const { teamId, serviceId, windowIndex, windowStartAt, reason, count } of rows) {
    if (serviceId === '') continue;
    const key = `${teamId} ${serviceId} ${windowIndex}`;
    let window = windows.get(key);
    if (window === undefined) {
      window = { teamId, serviceId, windowIndex, windowStartAt, requests: 0, unscored: 0 };
      windows.set(key, window);
    }
    if (reason === 'served' || reason === 'failed' || reason === 'unscored') window.requests += count;
    if (reason === 'unscored') window.unscored += count;
  }
  return windows.values();
}

/** Ids are ASCII: comparing code units is comparing bytes, as the database does. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
