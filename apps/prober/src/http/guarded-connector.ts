import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { Names } from './address-book.js';

/** How long a name's addresses are kept: short, because teams move their services during a game. */
const FOUND_FOR_MS = 5_000;
const NOT_FOUND_FOR_MS = 1_000;
const MAX_NAMES = 4_096;
/** So long an answer is waited for where an older one is at hand. */
const PATIENCE_MS = 50;

type Found = { error: NodeJS.ErrnoException } | { addresses: LookupAddress[] };

interface Name {
  until: number;
  found: Promise<Found>;
  /** Where it was last, as long as nobody has said that it is nowhere. */
  known: Found | undefined;
}

/**
 * Name lookups, one at a time per name and remembered for a moment: the platform resolves on four threads that
 * everybody shares, so that a name server that hangs must not be asked once per connection. It can hold those threads
 * up all the same: a name that was found before is then where it was.
 */
export class NameCache {
  readonly #names = new Map<string, Name>();

  /** @param nowMs monotonic time. */
  constructor(
    private readonly nowMs: () => number,
    private readonly lookup: typeof systemLookup = systemLookup,
    private readonly wait: (ms: number) => Promise<void> = (ms) =>
      new Promise((resolve) => setTimeout(resolve, ms).unref()),
  ) {}

  resolve(hostname: string): Promise<Found> {
    const before = this.#names.get(hostname);
    if (before && before.until > this.nowMs()) return before.found;
    if (this.#names.size >= MAX_NAMES) this.#names.clear();
    const known = before?.known;
    const answer = this.#ask(hostname).then((found) => (known && isOwnTrouble(found) ? known : found));
    const patience = known && this.wait(PATIENCE_MS).then(() => known);
    const entry: Name = {
      until: Infinity,
      found: patience ? Promise.race([answer, patience]) : answer,
      known,
    };
    void answer.then((found) => {
      const isAnswered = !('error' in found) && found !== known;
      entry.until = this.nowMs() + (isAnswered ? FOUND_FOR_MS : NOT_FOUND_FOR_MS);
      entry.found = answer;
      entry.known = 'error' in found ? undefined : found;
    });
    this.#names.set(hostname, entry);
    return entry.found;
  }

  #ask(hostname: string): Promise<Found> {
    return new Promise((resolve) => {
      this.lookup(hostname, { all: true }, (error, addresses) => {
        resolve(error ? { error } : { addresses });
      });
    });
  }
}

const OWN_TROUBLE = ['EAI_AGAIN', 'EAI_MEMORY', 'EAI_SYSTEM', 'EMFILE', 'ENFILE', 'ENOMEM'];

/** The resolver says nothing of the name, but that it could not be asked. */
function isOwnTrouble(found: Found): boolean {
  return 'error' in found && OWN_TROUBLE.includes(found.error.code ?? '');
}

/** The names of all teams, from one cache. */
export function sharedNames(cache: NameCache): Names {
  return {
    peek: () => undefined,
    resolve: async (hostname) => {
      const found = await cache.resolve(hostname);
      if ('addresses' in found)
        return {
          addresses: found.addresses.map(({ address, family }) => ({
            address,
            family: family === 6 ? 6 : 4,
          })),
        };
      return { outcome: isOwnTrouble(found) ? 'prober_error' : 'connect_error', got: found.error.message };
    },
  };
}
