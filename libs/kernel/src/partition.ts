import { hash32 } from './random.js';

/**
 * The partition of a key among `partitions` (an integer ≥ 1). Every event-log adapter uses this one function,
 * so a key maps to the same partition in every medium.
 */
export function partitionOf(key: string, partitions: number): number {
  return partitions === 1 ? 0 : hash32(key) % partitions;
}
