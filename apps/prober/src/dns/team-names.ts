import type { Time } from '#kernel';
import { isIP } from 'node:net';
import type { Address, Answer, LookupClient, Resolution, Trouble } from './answer.js';
import { LookupQueue } from './lookup-queue.js';
import type { ResolverHealth } from './resolver-health.js';

export interface NamesOptions {
  /** How long addresses are valid. */
  foundForMs: number;
  /** Age at which a name that is in use is looked up again, in the background. */
  refreshAfterMs: number;
  /** Pause before a failed refresh is repeated, while the addresses are still valid. */
  retryAfterMs: number;
  /** How long the answer that a name has no address is valid. */
  notFoundForMs: number;
  /** While the resolver is in trouble, how long addresses are used after they were last confirmed. */
  keptForMs: number;
  /** A lookup that takes longer casts doubt on the resolver. */
  slowMs: number;
  /** A name that was not used for this long is forgotten. */
  activeForMs: number;
  /** Concurrent lookups, and lookups that wait. */
  outstanding: number;
  waiting: number;
}

export const NAMES_DEFAULTS: NamesOptions = {
  foundForMs: 5_000,
  refreshAfterMs: 3_000,
  retryAfterMs: 500,
  notFoundForMs: 1_000,
  keptForMs: 60_000,
  slowMs: 300,
  activeForMs: 600_000,
  outstanding: 4,
  waiting: 64,
};

/** Names kept per team; beyond that, the least recently used is forgotten. */
const MAX_NAMES = 64;
/** A name whose lookup is more recent than this needs no new one to count as evidence. */
const RECENT_MS = 1_000;

/** What a team's names need from outside. */
export interface Surroundings {
  readonly time: Time;
  readonly health: ResolverHealth;
  suspect(teamId: string, sinceMs: number): void;
  excuse(teamId: string, trouble: Trouble, sinceMs: number): Promise<string | null>;
}

interface Entry {
  readonly name: string;
  verdict: Resolution | null;
  freshUntilMs: number;
  /** The addresses when it was last found, until its servers say that it has none. */
  known: { addresses: Address[]; atMs: number } | null;
  pending: Promise<Resolution> | null;
  usedAtMs: number;
  endedAtMs: number;
  cancelTimer: () => void;
}

/**
 * Resolves one team's names. A name without an address is the team's failure, whatever the reason. Only while the resolver itself
 * is in trouble (`ResolverHealth`) is it the prober's failure, and the last known addresses are used for a while.
 */
export class TeamNames {
  private readonly entries = new Map<string, Entry>();
  private readonly queue: LookupQueue;
  private readonly options: NamesOptions;
  private readonly time: Time;
  private isClosed = false;

  constructor(
    private readonly teamId: string,
    private readonly around: Surroundings,
    makeClient: () => LookupClient,
    options: Partial<NamesOptions> = {},
  ) {
    this.options = { ...NAMES_DEFAULTS, ...options };
    this.time = around.time;
    this.queue = new LookupQueue(makeClient, this.options);
  }

  /** Resolves a name; an address resolves to itself. Never rejects. */
  resolve(hostname: string): Promise<Resolution> {
    const entry = this.entry(hostname);
    const fresh = this.fresh(entry);
    return fresh === undefined ? this.lookUp(entry) : Promise.resolve(fresh);
  }

  /** The cached answer, if there is a valid one. Names in use are kept fresh in the background. */
  peek(hostname: string): Resolution | undefined {
    return this.fresh(this.entry(hostname));
  }

  /** For `Names`: looks up the names that are in use, unless their last lookup is recent. */
  recheck(): void {
    const since = this.time.monotonicMs() - RECENT_MS;
    for (const entry of this.entries.values())
      if (entry.endedAtMs <= since && isIP(entry.name) === 0) void this.lookUp(entry);
  }

  close(): void {
    this.isClosed = true;
    for (const entry of this.entries.values()) entry.cancelTimer();
  }

  private fresh(entry: Entry): Resolution | undefined {
    return entry.verdict !== null && entry.freshUntilMs > this.time.monotonicMs() ? entry.verdict : undefined;
  }

  private entry(hostname: string): Entry {
    let entry = this.entries.get(hostname);
    if (entry === undefined) {
      if (this.entries.size >= MAX_NAMES) this.forgetOne();
      entry = this.newEntry(hostname);
      this.entries.set(hostname, entry);
    }
    entry.usedAtMs = this.time.monotonicMs();
    return entry;
  }

  private newEntry(hostname: string): Entry {
    const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
    const family = isIP(name);
    return {
      name,
      verdict: family === 0 ? null : { addresses: [{ address: name, family: family === 6 ? 6 : 4 }] },
      freshUntilMs: family === 0 ? -Infinity : Infinity,
      known: null,
      pending: null,
      usedAtMs: -Infinity,
      endedAtMs: -Infinity,
      cancelTimer: () => {},
    };
  }

  private forgetOne(): void {
    let oldest: [string, Entry] | null = null;
    for (const each of this.entries)
      if (each[1].pending === null && (oldest === null || each[1].usedAtMs < oldest[1].usedAtMs))
        oldest = each;
    if (oldest !== null) this.forget(...oldest);
  }

  private forget(key: string, entry: Entry): void {
    entry.cancelTimer();
    this.entries.delete(key);
    this.around.health.forget(this.teamId, entry.name);
  }

  private lookUp(entry: Entry): Promise<Resolution> {
    entry.pending ??= this.queryName(entry).finally(() => (entry.pending = null));
    return entry.pending;
  }

  private async queryName(entry: Entry): Promise<Resolution> {
    entry.cancelTimer();
    const startedAtMs = this.time.monotonicMs();
    const cancel = this.time.after(this.options.slowMs, () => this.around.suspect(this.teamId, startedAtMs));
    const answer = await this.queue.lookup(entry.name);
    cancel();
    entry.endedAtMs = this.time.monotonicMs();
    return this.applyAnswer(entry, answer, startedAtMs);
  }

  private async applyAnswer(entry: Entry, answer: Answer, startedAtMs: number): Promise<Resolution> {
    const { foundForMs, refreshAfterMs, retryAfterMs, notFoundForMs, keptForMs } = this.options;
    const { health } = this.around;
    health.recordLookup(this.teamId, entry.name, answer.kind === 'trouble' ? answer.trouble : null);
    if (answer.kind === 'found') {
      entry.known = { addresses: answer.addresses, atMs: this.time.monotonicMs() };
      this.again(entry, refreshAfterMs);
      return this.settle(entry, { addresses: answer.addresses }, foundForMs);
    }
    if (answer.kind === 'none') {
      entry.known = null;
      return this.settle(entry, { outcome: 'connect_error', got: answer.got }, notFoundForMs);
    }
    this.around.suspect(this.teamId, startedAtMs);
    const valid = entry.known !== null && this.fresh(entry);
    if (valid) {
      this.again(entry, retryAfterMs);
      return valid;
    }
    const excuse = await this.around.excuse(this.teamId, answer.trouble, startedAtMs);
    if (excuse === null)
      return this.settle(entry, { outcome: 'connect_error', got: answer.got }, notFoundForMs);
    const { known } = entry;
    if (known !== null && this.time.monotonicMs() - known.atMs < keptForMs) {
      this.again(entry, retryAfterMs);
      return this.settle(entry, { addresses: known.addresses }, notFoundForMs);
    }
    return this.settle(entry, { outcome: 'prober_error', got: `${answer.got}; ${excuse}` }, notFoundForMs);
  }

  private settle(entry: Entry, verdict: Resolution, forMs: number): Resolution {
    entry.verdict = verdict;
    entry.freshUntilMs = this.time.monotonicMs() + forMs;
    return verdict;
  }

  /** Looks it up again in the background, if it is still in use by then. */
  private again(entry: Entry, afterMs: number): void {
    entry.cancelTimer();
    if (this.isClosed) return;
    entry.cancelTimer = this.time.after(afterMs, () => {
      if (this.time.monotonicMs() - entry.usedAtMs <= this.options.activeForMs) void this.lookUp(entry);
      else for (const [key, each] of this.entries) if (each === entry) this.forget(key, entry);
    });
  }
}
