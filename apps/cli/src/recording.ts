import { TOPICS, decodeCloudEvent, type GameEvent } from '#contracts';
import { comparePositions, type EventLog, type Position } from '#event-log';
import { PaydayError } from '#kernel';
import type { LedgerSnapshot } from '#persistence';
import { readUpTo } from './read-up-to.js';

/** What one partition's scorer had applied when the ledger was read. */
export interface PartitionInputs {
  partition: number;
  /** The game's events, in the order of the log. */
  events: GameEvent[];
  /** The last record of `probe-results` that counts; null: none. */
  resultsUpTo: Position | null;
}

/** One game's inputs as far as its ledger holds them. */
export interface Recording {
  gameId: string;
  /** Number of partitions of `probe-results`. */
  partitions: number;
  inputs: PartitionInputs[];
  sealed: boolean;
}

/**
 * Reads the game's events, and finds the last result that the ledger includes: the last one applied before the game was
 * sealed, else the last one applied at all.
 */
export async function openRecording(
  log: EventLog,
  gameId: string,
  snapshot: LedgerSnapshot,
): Promise<Recording> {
  const partitions = await log.partitions(TOPICS.probeResults);
  const eventPartitions = await log.partitions(TOPICS.gameEvents);
  const source = (partition: number): string => `game-events/${partition}`;
  const limits = Array.from({ length: eventPartitions }, (_, partition) =>
    snapshot.checkpoints
      .map(({ positions }) => positions[source(partition)] ?? null)
      .reduce((a, b) => (a !== null && (b === null || comparePositions(a, b) > 0) ? a : b), null),
  );
  const events: { event: GameEvent; partition: number; position: Position }[] = [];
  await readUpTo(log, TOPICS.gameEvents, limits, (records, partition) => {
    for (const record of records) {
      if (record.key !== gameId) continue;
      const event = readEvent(record);
      if (event) events.push({ event, partition, position: record.position });
    }
  });
  const inputs = snapshot.checkpoints.map(({ partition, positions }) => {
    const applied = events.filter((found) => {
      const upTo = positions[source(found.partition)];
      return upTo !== undefined && comparePositions(found.position, upTo) <= 0;
    });
    const resultsUpTo = positions[`sealed:${gameId}`] ?? positions['probe-results'] ?? '';
    return {
      partition,
      events: applied.map(({ event }) => event),
      resultsUpTo: resultsUpTo === '' ? null : resultsUpTo,
    };
  });
  const sealed = inputs.every(({ partition }) => isSealed(partition)) && inputs.length > 0;
  return { gameId, partitions, inputs, sealed };

  function isSealed(partition: number): boolean {
    const own = inputs.find((input) => input.partition === partition)!;
    return own.events.some((event) => event.type === 'dev.payday.game.sealed');
  }
}

/** The scorer skips what it cannot read (it goes to the dead letters), so this does as well. */
function readEvent(record: Parameters<typeof decodeCloudEvent>[0]): GameEvent | null {
  try {
    return decodeCloudEvent(record) as GameEvent;
  } catch (error) {
    if (error instanceof PaydayError) return null;
    throw error;
  }
}
