import { TOPICS, decodeProbeBatch, teamKey, type PayRules, type ProbeBatch } from '#contracts';
import type { EventLog, Position, StoredRecord } from '#event-log';
import { PaydayError, partitionOf } from '#kernel';
import type { LedgerSnapshot } from '#persistence';
import { LedgerReplay, type LedgerKey, type LedgerRow, type ReplayCounters } from '#scoring';
import { readUpTo } from './read-up-to.js';
import type { Recording } from './recording.js';

export interface RecomputeOptions {
  /** Only these teams; default: all. */
  teamIds?: readonly string[];
  /** Pay rules in place of the game's own. */
  pay?: PayRules;
  onRow?(row: LedgerRow): void;
  onRemoved?(key: LedgerKey): void;
  /** @param done records of all partitions so far @param total null where positions do not count records */
  onProgress?(done: number, total: number | null): void;
}

export interface Recomputed extends ReplayCounters {
  /** Records of the log that hold results of these teams. */
  records: number;
  /** Records that cannot be read; the scorer moved them to the dead letters. */
  unreadable: number;
  salaries: Map<string, number>;
}

/** Recomputes the ledger of some or all teams from the log. */
export async function recompute(
  log: EventLog,
  recording: Recording,
  scores: LedgerSnapshot['scores'],
  options: RecomputeOptions = {},
): Promise<Recomputed> {
  const { gameId, partitions, inputs } = recording;
  const wanted = options.teamIds && new Set(options.teamIds.map((teamId) => teamKey(gameId, teamId)));
  const asOf = new Map(scores.map((score) => [score.teamId, score.asOf]));
  const replays = new Map(
    inputs.map(({ partition, events }) => {
      const replay = new LedgerReplay({
        owns: (key) => (!wanted || wanted.has(key)) && partitionOf(key, partitions) === partition,
        completeUpTo: (teamId) => asOf.get(teamId) ?? 0,
        pay: options.pay,
        onRow: options.onRow,
        onRemoved: options.onRemoved,
      });
      replay.events(events);
      return [partition, replay];
    }),
  );
  const out: Recomputed = {
    records: 0,
    unreadable: 0,
    batches: 0,
    duplicateBatches: 0,
    results: 0,
    unscored: 0,
    outsideGame: 0,
    refusedBatches: 0,
    salaries: new Map(),
  };
  const prefix = `${gameId}/`;
  await readResults(log, recording, options.onProgress, (records, partition) => {
    const batches: ProbeBatch[] = [];
    for (const { key, value } of records) {
      if (wanted ? !wanted.has(key) : !key.startsWith(prefix)) continue;
      out.records++;
      const batch = readBatch(value);
      if (batch) batches.push(batch);
      else out.unreadable++;
    }
    replays.get(partition)!.batches(batches);
  });
  for (const replay of replays.values()) {
    replay.finish();
    for (const [teamId, cents] of replay.salaries) out.salaries.set(teamId, cents);
    for (const name of Object.keys(replay.counters) as (keyof ReplayCounters)[])
      out[name] += replay.counters[name];
  }
  return out;
}

/** Passes on the records of `probe-results` up to where the recording's ledger ends, of every game. */
export async function readResults(
  log: EventLog,
  recording: Recording,
  onProgress: RecomputeOptions['onProgress'],
  handle: (records: StoredRecord[], partition: number) => Promise<void> | void,
): Promise<void> {
  const limits = Array.from(
    { length: recording.partitions },
    (_, partition) => recording.inputs.find((input) => input.partition === partition)?.resultsUpTo ?? null,
  );
  const total = totalOf(limits);
  let done = 0;
  await readUpTo(log, TOPICS.probeResults, limits, async (records, partition) => {
    await handle(records, partition);
    done += records.length;
    onProgress?.(done, total);
  });
}

/** Null for a batch that cannot be read. */
export function readBatch(value: Uint8Array): ProbeBatch | null {
  try {
    return decodeProbeBatch(value);
  } catch (error) {
    if (error instanceof PaydayError) return null;
    throw error;
  }
}

/** Most logs count records from 1 (or 0) on; for the others only the count so far is shown. */
function totalOf(limits: readonly (Position | null)[]): number | null {
  const total = limits.reduce((sum, limit) => sum + Number(limit ?? 0), 0);
  return Number.isSafeInteger(total) ? total : null;
}
