import { isAbsolute } from 'node:path';
import type { LogDeps } from './dispatch/store-log.js';
import type { EventLog } from './port.js';

/** One adapter of the event log. */
export interface KnownAdapter {
  /** The scheme of its URLs, without the colon; also `EventLog.adapter`. */
  scheme: string;
  /** The form of its URLs, for messages. */
  form: string;
  /** Whether `rest`, a URL without scheme and colon, is well-formed. */
  accepts(rest: string): boolean;
  /** Loads the adapter and its dependencies, and opens a log. */
  open(rest: string, deps: LogDeps): Promise<EventLog>;
}

/** All adapters. The conformance suite runs over this table and fails if an adapter escapes it. */
export const KNOWN_ADAPTERS: readonly KnownAdapter[] = [
  {
    scheme: 'memory',
    form: 'memory:',
    accepts: (rest) => rest === '',
    open: async (_rest, deps) => (await import('./adapters/memory.js')).openMemoryLog(deps),
  },
  {
    scheme: 'lmdb',
    form: 'lmdb:/absolute/folder',
    accepts: isAbsolute,
    open: async (folder, deps) => (await import('./adapters/lmdb.js')).openLmdbLog(folder, deps),
  },
  {
    scheme: 'kafka',
    form: 'kafka://host:port,host:port?topicPrefix=…&sasl=…',
    accepts: (rest) => rest.startsWith('//'),
    open: async (rest, deps) => (await import('./adapters/kafka.js')).openKafkaLog(rest, deps),
  },
  {
    scheme: 'kinesis',
    form: 'kinesis://region?endpoint=…&streamPrefix=…&retentionHours=…&pollMs=…',
    accepts: (rest) => rest.startsWith('//'),
    open: async (rest, deps) => (await import('./adapters/kinesis.js')).openKinesisLog(rest, deps),
  },
];
