import { isAbsolute } from 'node:path';
import type { LogDeps } from './dispatch/store-log.js';
import type { EventLog } from './port.js';

/** One way to keep the log. */
export interface KnownAdapter {
  /** What its URLs begin with, without the colon; also `EventLog.adapter`. */
  scheme: string;
  /** How its URLs look, for people. */
  form: string;
  /** Whether `rest`, a URL without scheme and colon, is well-formed. */
  accepts(rest: string): boolean;
  /** Loads the adapter and what it needs, and opens a log. */
  open(rest: string, deps: LogDeps): Promise<EventLog>;
}

/** Every adapter there is. The conformance suite runs over this table and fails if one escapes it. */
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
