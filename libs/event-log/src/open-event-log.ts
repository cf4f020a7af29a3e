import { PaydayError, type Clock, type Timers } from '#kernel';
import { systemClock, systemTimers } from '#kernel/system';
import type { LeaseStore } from './dispatch/lease-store.js';
import type { KafkaCredentials } from './credentials.js';
import { KNOWN_ADAPTERS } from './known-adapters.js';
import type { EventLog } from './port.js';

export interface OpenEventLogOptions {
  /** The clock for the records' append times. Default: the platform's clock. */
  clock?: Clock;
  /** Timers for retry pauses. Default: the platform's timers. */
  timers?: Timers;
  /** For `kafka:` URLs with `sasl=…` or a private certificate authority; no URL may hold them. */
  kafka?: KafkaCredentials;
  /**
   * Lets a group span processes in logs that have no group protocol of their own (`lmdb:`, `kinesis:`). Default: groups
   * are local, and each process reads every partition.
   */
  leases?: LeaseStore;
  /** How long a dead or frozen member keeps its partitions; ≥ 500, default 2000. */
  leaseMs?: number;
}

const DEFAULT_LEASE_MS = 2000;
const MIN_LEASE_MS = 500;

/**
 * Opens the event log at a URL: `memory:`, `lmdb:/absolute/folder` (taken literally, without unescaping),
 * `kafka://host:port,host:port?setting=value` (docs/kafka.md) or `kinesis://region?setting=value` (docs/kinesis.md).
 * @throws PaydayError `invalid_log_url` if the URL names no known adapter or is malformed; `adapter_unavailable` if a
 * dependency of the adapter is not installed; `log_unavailable` (retryable) if the log is unreachable; `log_refused` if
 * it denies this user access; `log_corrupt` or `log_version` if the data is not a log that this program can read;
 * `invalid_options`.
 */
export async function openEventLog(url: string, options: OpenEventLogOptions = {}): Promise<EventLog> {
  const scheme = /^([a-z]+):/.exec(url)?.[1];
  const adapter = KNOWN_ADAPTERS.find((known) => known.scheme === scheme);
  const rest = url.slice((scheme ?? '').length + 1);
  if (!adapter?.accepts(rest)) throw invalidUrl(url);
  const { leaseMs = DEFAULT_LEASE_MS } = options;
  if (!(leaseMs >= MIN_LEASE_MS))
    throw new PaydayError('invalid_options', `leaseMs is ${leaseMs}; give at least ${MIN_LEASE_MS} ms`);
  return adapter.open(rest, {
    clock: options.clock ?? systemClock,
    timers: options.timers ?? systemTimers,
    ...(options.kafka && { kafka: options.kafka }),
    leases: options.leases,
    leaseMs,
  });
}

function invalidUrl(url: string): PaydayError {
  const forms = KNOWN_ADAPTERS.map(({ form }) => form);
  // A URL of another kind may contain credentials.
  const shown = url.replace(/\/\/.*@/s, '//…@');
  return new PaydayError(
    'invalid_log_url',
    `"${shown}" names no event log; known forms: ${forms.join(', ')}`,
    {
      details: { url: shown, known: forms },
    },
  );
}
