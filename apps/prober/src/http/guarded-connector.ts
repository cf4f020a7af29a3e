import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressGuard } from './address-guard.js';
import { outcomeOfError } from './classify.js';

/** The address is refused by policy; the team registered it, so it is the team's failure. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_NOT_ALLOWED';
}

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

/** The resolver says nothing of the name, but that it could not be asked. */
function isOwnTrouble(found: Found): boolean {
  return 'error' in found && outcomeOfError(found.error) === 'prober_error';
}

/**
 * Opens sockets for undici, to allowed addresses only. What is checked is what is connected to: there is no second
 * lookup that could answer differently. There is no connect timeout: the caller keeps the deadline and destroys the
 * socket, which it is shown before the connection is made.
 */
export function guardedConnect(
  guard: AddressGuard,
  names: NameCache,
): (onSocket: (socket: Socket) => void) => buildConnector.connector {
  const lookupFor =
    (port: number): LookupFunction =>
    (name, options, done) => {
      void names.resolve(name).then((found) => {
        if ('error' in found) return done(found.error, '', 0);
        const problems = found.addresses.map((entry) => guard.problem(name, entry.address, port));
        const allowed = found.addresses.filter((_, index) => problems[index] === null);
        const first = allowed[0];
        if (first === undefined)
          return done(new AddressRefused(problems[0] ?? `${name} has no address`), '', 0);
        if (options.all) done(null, allowed);
        else done(null, first.address, first.family);
      });
    };
  // One per port: it remembers TLS sessions, which all connections to an endpoint share.
  const connectors = new Map<number, (...args: Parameters<buildConnector.connector>) => unknown>();
  return (onSocket) => (options, callback) => {
    const hostname = options.hostname.replace(/^\[|\]$/g, '');
    const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80));
    if (isIP(hostname) !== 0) {
      const problem = guard.problem(hostname, hostname, port);
      // Later, as any other error of a connection: undici does not expect one while it still prepares.
      if (problem !== null) return queueMicrotask(() => callback(new AddressRefused(problem), null));
    }
    let connect = connectors.get(port);
    if (!connect) {
      connect = buildConnector({ lookup: lookupFor(port), timeout: 0 } as buildConnector.BuildOptions);
      connectors.set(port, connect);
    }
    // undici's connector returns the socket, though its type does not say so.
    onSocket(connect(options, callback) as Socket);
  };
}
