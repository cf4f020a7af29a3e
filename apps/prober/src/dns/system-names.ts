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
  /** A name of the platform's own. Default: the host of `ingestUrl`, if it is a name. */
  canary?: string | undefined;
  ingestUrl: string;
}

/** A lookup ends after this time. Added to the age at which names are refreshed, it is less than their lifetime. */
export const LOOKUP_TIMEOUT_MS = 1_500;

/** Resolves names as this machine does: its name servers, its hosts file, its search domains. */
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
    // The name of ingest may come from the hosts file or the cluster's own server: its failure shows that the resolver is in
    // trouble, but its success does not show that the resolver works.
    canaryDecides: canary !== undefined,
  });
}
