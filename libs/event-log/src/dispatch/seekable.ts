import { positionBeyondEnd } from '../errors.js';
import { comparePositions, invalidPosition, isPosition } from '../positions.js';
import type { Position, StoredRecord } from '../port.js';
import type { ReadLimits } from './log-store.js';
import type { PartitionReader } from './partition-loop.js';

/** A store that can be read synchronously from any position. */
export interface Seekable {
  end(topic: string, partition: number): Position | null;
  /** Records after a position (null: from the first), in order. Their bytes stay valid and belong to the caller. */
  read(topic: string, partition: number, after: Position | null, limits: ReadLimits): StoredRecord[];
  /** Resolves when there may be a record after `after`, or when the signal aborts. */
  wait(topic: string, partition: number, after: Position | null, signal: AbortSignal): Promise<void>;
}

/** @throws PaydayError `invalid_position`, `position_beyond_end`. */
export function seekingReader(
  store: Seekable,
  topic: string,
  partition: number,
  start: Position | 'earliest' | 'latest',
  limits: ReadLimits,
): PartitionReader {
  let after = resolveStart(store, topic, partition, start);
  return {
    read: () => {
      const records = store.read(topic, partition, after, limits);
      after = records.at(-1)?.position ?? after;
      return records;
    },
    wait: (signal) => store.wait(topic, partition, after, signal),
  };
}

/** The position after which reading begins; null for the very first record. */
function resolveStart(
  store: Seekable,
  topic: string,
  partition: number,
  start: Position | 'earliest' | 'latest',
): Position | null {
  if (start === 'earliest') return null;
  const end = store.end(topic, partition);
  if (start === 'latest') return end;
  if (typeof start !== 'string' || !isPosition(start)) throw invalidPosition(start);
  if (end === null || comparePositions(start, end) > 0) throw positionBeyondEnd(topic, partition, start, end);
  return start;
}
