import type { StandingsDelta, StandingsView } from '#contracts';

/**
 * The delta that turns `before` into `after`, which belong to the same game and epoch. Rows, faults and ticker entries are
 * compared by identity, which the public view preserves until something changes.
 */
export function diff(before: StandingsView, after: StandingsView): StandingsDelta {
  const known = new Set(before.standings);
  const rows = after.standings.filter((row) => !known.has(row));
  const moved =
    before.standings.length !== after.standings.length ||
    after.standings.some((row, index) => row.team.id !== before.standings[index]!.team.id);
  const reranked = moved || rows.length > 0 ? rankChanged(before, after) : false;
  const delta: StandingsDelta = {
    epoch: after.epoch,
    fromSeq: before.seq,
    seq: after.seq,
    serverAt: after.serverAt,
    asOf: after.asOf,
    rows,
  };
  if (moved || reranked) delta.order = after.standings.map(({ team }) => team.id);
  if (JSON.stringify(before.game) !== JSON.stringify(after.game)) delta.game = after.game;
  if (before.faults !== after.faults) delta.faults = after.faults;
  if (before.ticker !== after.ticker) {
    const shown = new Set(before.ticker);
    const added = after.ticker.filter((entry) => !shown.has(entry));
    if (added.length > 0) delta.ticker = added;
  }
  return delta;
}

/** Whether a delta contains more than the current time. */
export function isNews(before: StandingsView, delta: StandingsDelta): boolean {
  const { rows, order, game, faults, ticker } = delta;
  return (
    rows.length > 0 ||
    order !== undefined ||
    game !== undefined ||
    faults !== undefined ||
    ticker !== undefined ||
    delta.asOf !== before.asOf
  );
}

/** Ranks can change while the order stays the same: two teams become equal. */
function rankChanged(before: StandingsView, after: StandingsView): boolean {
  return after.standings.some((row, index) => row.rank !== before.standings[index]?.rank);
}
