export * from './port.js';
export { PoisonRecordError } from './errors.js';
export { comparePositions } from './positions.js';
export { MAX_KEY_BYTES, MAX_RECORD_BYTES } from './records.js';
export { KNOWN_ADAPTERS, type KnownAdapter } from './known-adapters.js';
export { readRange, readRanges, type PartitionRange, type ReadRangesOptions } from './read-range.js';
export { openEventLog, type OpenEventLogOptions } from './open-event-log.js';
export type { KafkaCredentials } from './credentials.js';
export type * from './dispatch/lease-store.js';
