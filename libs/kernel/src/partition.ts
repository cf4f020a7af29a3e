import { hash32 } from './random.js';

/**
 * The partition of a key among `partitions` (an integer ≥ 1). Every event-log adapter uses this one function,
 * so that a key lies in the same partition wherever the log is kept.
 */
export function partitionOf(key: string, partitions: number): number {
  return partitions === 1 ? 0 : hash32(key) % partitions;
}
