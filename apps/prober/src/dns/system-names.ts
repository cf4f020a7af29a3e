import { isIP } from 'node:net';
import type { Clock, Time } from '#kernel';
import { systemTimers } from '#runtime';
import { DnsClient } from './dns-client.js';
import { WatchedFile, parseHosts } from './hosts-file.js';
import { Names } from './names.js';
import { parseSearchRules } from './resolv-conf.js';

export interface SystemNamesOptions {
  /** Name servers; empty: the system's. */
  servers: readonly string[];
  /** A name of the platform's own; without one the host of `ingestUrl` is taken, if it is a name. */
  canary?: string | undefined;
  ingestUrl: string;
}

/** A look-up ends after this. Together with the age at which names are refreshed it is less than they count for. */
export const LOOKUP_TIMEOUT_MS = 1_500;

/** Names as this machine sees them: its name servers, its hosts file, its search domains. */
export function systemNames({ servers, canary, ingestUrl }: SystemNamesOptions, clock: Clock): Names {
  const time: Time = {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    ...systemTimers,
  };
  const nowMs = (): number => time.monotonicMs();
  const files = {
    hosts: new WatchedFile('/etc/hosts', parseHosts, nowMs),
    resolvConf: new WatchedFile('/etc/resolv.conf', parseSearchRules, nowMs),
  };
  const own = new URL(ingestUrl).hostname.replace(/^\[|\]$/g, '');
  return new Names({
    time,
    makeClient: () => new DnsClient({ servers, timeoutMs: LOOKUP_TIMEOUT_MS }, files, time),
    canary: canary ?? (isIP(own) === 0 ? own : null),
    // The name of ingest may be one that the hosts file or the cluster's own server knows: it shows that the resolver is in
    // trouble, but not that it is in none.
    canaryDecides: canary !== undefined,
  });
}
