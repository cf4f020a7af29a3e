import { PaydayError, type Clock } from '#kernel';
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
}

const platformClock: Clock = {
  nowMs: () => Date.now(),
  monotonicUs: () => Math.floor(performance.now() * 1000),
};

/**
 * Opens the event log that a URL names: `memory:`, `lmdb:/absolute/folder` (taken as it is, nothing is unescaped) or
 * `kafka://host:port,host:port?setting=value` (docs/kafka.md).
 * @throws PaydayError `invalid_log_url` if the URL names no known adapter or is malformed; `adapter_unavailable` if what
 * the adapter needs is not installed; `log_unavailable` (retryable) if the log cannot be reached; `log_refused`
 * if it can, but does not let this user in; `log_corrupt` or `log_version` if what is there is no log of this program.
 */
export async function openEventLog(url: string, options: OpenEventLogOptions = {}): Promise<EventLog> {
  const scheme = /^([a-z]+):/.exec(url)?.[1];
  const adapter = KNOWN_ADAPTERS.find((known) => known.scheme === scheme);
  const rest = url.slice((scheme ?? '').length + 1);
  if (!adapter?.accepts(rest)) throw invalidUrl(url);
  return adapter.open(rest, {
    clock: options.clock ?? platformClock,
    timers: options.timers ?? platformTimers,
    ...(options.kafka && { kafka: options.kafka }),
  });
}

function invalidUrl(url: string): PaydayError {
  const forms = KNOWN_ADAPTERS.map(({ form }) => form);
  return new PaydayError('invalid_log_url', `"${url}" names no event log; known forms: ${forms.join(', ')}`, {
    details: { url, known: forms },
  });
}
