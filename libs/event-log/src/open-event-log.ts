import { PaydayError, type Clock } from '#kernel';
import type { LeaseStore } from './dispatch/lease-store.js';
import { platformTimers, type Timers } from './dispatch/timers.js';
import type { KafkaCredentials } from './credentials.js';
import { KNOWN_ADAPTERS } from './known-adapters.js';
import type { EventLog } from './port.js';

export interface OpenEventLogOptions {
  /** Stamps records with the time at which they were appended. Default: the platform's clock. */
  clock?: Clock;
  /** How retries pause. Default: real time. */
  timers?: Timers;
  /** For `kafka:` URLs with `sasl=…` or a certificate authority of one's own; no URL may hold them. */
  kafka?: KafkaCredentials;
  /**
   * Lets members of one group in different processes share partitions, in logs that have no group protocol of their own
   * (`lmdb:`, `kinesis:`). Default: members of other processes are not known, and each process reads every partition.
   */
  leases?: LeaseStore;
  /** How long a member that died or froze keeps its partitions; ≥ 500, default 2000. */
  leaseMs?: number;
}

const DEFAULT_LEASE_MS = 2000;
const MIN_LEASE_MS = 500;

const platformClock: Clock = {
  nowMs: () => Date.now(),
  monotonicUs: () => Math.floor(performance.now() * 1000),
};

/**
 * Opens the event log that a URL names: `memory:`, `lmdb:/absolute/folder` (taken as it is, nothing is unescaped) or
 * `kafka://host:port,host:port?setting=value` (docs/kafka.md), or `kinesis://region?setting=value` (docs/kinesis.md).
 * @throws PaydayError `invalid_log_url` if the URL names no known adapter or is malformed; `adapter_unavailable` if what
 * the adapter needs is not installed; `log_unavailable` (retryable) if the log cannot be reached; `log_refused`
 * if it can, but does not let this user in; `log_corrupt` or `log_version` if what is there is no log of this program;
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
    clock: options.clock ?? platformClock,
    timers: options.timers ?? platformTimers,
    ...(options.kafka && { kafka: options.kafka }),
    leases: options.leases,
    leaseMs,
  });
}

function invalidUrl(url: string): PaydayError {
  const forms = KNOWN_ADAPTERS.map(({ form }) => form);
  // A URL for something else may hold a user and password.
  const shown = url.replace(/\/\/.*@/s, '//…@');
  return new PaydayError(
    'invalid_log_url',
    `"${shown}" names no event log; known forms: ${forms.join(', ')}`,
    {
      details: { url: shown, known: forms },
    },
  );
}
