import { UNSCORED_WARNING_PERCENT, type UnscoredReport } from '#contracts';
import { withLedgerSnapshot, type LedgerSnapshot } from '#persistence';
import { countsUnscored, type LedgerRow } from '#scoring';
import { compareRows, compareSalaries, rowKey, type Difference } from './compare-ledger.js';
import { recompute, type RecomputeOptions } from './recompute.js';
import { openRecording, type Recording } from './recording.js';
import type { Source } from './source.js';
import { UnscoredSums } from './unscored-sums.js';

export interface AuditReport {
  gameId: string;
  /** Whether the ledger is closed. An open game is compared as of the scorer's last commit. */
  sealed: boolean;
  equal: boolean;
  teams: number;
  /** Rows of the ledger. */
  rows: number;
  /** Records of the log that hold results of this game, up to the last that counts. */
  records: number;
  /** Batches whose number was already known; their results count once. */
  duplicateBatches: number;
  /** Batches that can never score (see the dead letters), and unreadable records. */
  refusedBatches: number;
  /** Accepted results from the start of the game on, without `prober_error`. */
  results: number;
  /** Accepted `prober_error` results from the start of the game on: from both sides of the market, and also in windows that do not count. */
  proberErrors: number;
  /** Requests that were not scored in windows that count, recomputed from the log. */
  unscored: UnscoredReport;
  /** Whether a share of `unscored` is above this percentage: of a team, a service, a window, or overall. */
  warnPercent: number;
  /** False if the ledger was written by a version without rows for what was not scored: then they are not compared. */
  comparesUnscored: boolean;
  /** Accepted results from before the start. */
  outsideGame: number;
  seconds: number;
  differences: Difference[];
}

/** The number of rows held in memory at a time (about 1 kB each); a larger game is read in several passes. */
const ROWS_PER_PASS = 200_000;

/** Recomputes a game's ledger from the raw log and compares it with the stored one, row by row. */
export async function audit(
  source: Source,
  gameId: string,
  options: Pick<RecomputeOptions, 'onProgress'> & { rowsPerPass?: number } = {},
): Promise<AuditReport> {
  const startedAt = performance.now();
  return withLedgerSnapshot(source.dataSource, gameId, async (snapshot) => {
    const recording = await openRecording(source.log, gameId, snapshot);
    const report: AuditReport = {
      gameId,
      sealed: recording.sealed,
      equal: false,
      teams: snapshot.scores.length,
      rows: 0,
      records: 0,
      duplicateBatches: 0,
      refusedBatches: 0,
      results: 0,
      proberErrors: 0,
      unscored: new UnscoredSums().report(),
      warnPercent: UNSCORED_WARNING_PERCENT,
      comparesUnscored: snapshot.checkpoints.every(({ stateFormat: f }) => f === null || countsUnscored(f)),
      outsideGame: 0,
      seconds: 0,
      differences: [],
    };
    const salaries = new Map<string, number>();
    const sums = new UnscoredSums();
    for (const teamIds of passes(snapshot, recording, options.rowsPerPass ?? ROWS_PER_PASS)) {
      const rows = new Map<string, LedgerRow>();
      const done = await recompute(source.log, recording, snapshot.scores, {
        teamIds,
        onRow: (row) => rows.set(rowKey(row), row),
        onRemoved: (key) => rows.delete(rowKey(key)),
        onProgress: options.onProgress,
      });
      sums.addTeams(rows.values());
      if (!report.comparesUnscored)
        for (const [key, { reason }] of rows) if (reason === 'unscored') rows.delete(key);
      const compared = await compareRows(snapshot.ledger(teamIds), rows);
      report.rows += compared.rows;
      report.differences.push(...compared.differences);
      report.records += done.records;
      report.duplicateBatches += done.duplicateBatches;
      report.refusedBatches += done.refusedBatches + done.unreadable;
      report.results += done.results;
      report.proberErrors += done.unscored;
      report.outsideGame += done.outsideGame;
      for (const [teamId, cents] of done.salaries) salaries.set(teamId, cents);
    }
    report.differences.push(...compareSalaries(snapshot.scores, salaries));
    report.unscored = sums.report();
    report.equal = report.differences.length === 0;
    report.seconds = Math.round(performance.now() - startedAt) / 1000;
    return report;
  });
}

/** Every team in the game, the ledger or the salaries, in groups whose rows fit into memory. */
function passes(snapshot: LedgerSnapshot, recording: Recording, rowsPerPass: number): string[][] {
  const rows = new Map(snapshot.rowCounts.map((count) => [count.teamId, count.rows]));
  const teamIds = new Set([...rows.keys(), ...snapshot.scores.map(({ teamId }) => teamId)]);
  for (const { events } of recording.inputs)
    for (const event of events) if (event.type === 'dev.payday.team.added') teamIds.add(event.data.team.id);
  const groups: string[][] = [];
  let room = 0;
  for (const teamId of [...teamIds].sort()) {
    const needed = rows.get(teamId) ?? 0;
    if (groups.length === 0 || needed > room) {
      groups.push([]);
      room = rowsPerPass;
    }
    groups.at(-1)!.push(teamId);
    room -= needed;
  }
  return groups;
}
