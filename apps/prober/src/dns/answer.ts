/** One address that a name has. */
export interface Address {
  address: string;
  family: 4 | 6;
}

/** What a look-up means to whoever wants to connect: addresses, or why there is none and whose failure that is. */
export type Resolution =
  { addresses: Address[] } | { outcome: 'connect_error' | 'prober_error'; got: string };

/**
 * Failures that say nothing of the name itself: the name's servers may be broken, or the resolver that we ask may be.
 * `unreachable` is among them: an answer too large for a datagram is fetched by TCP, which some resolvers refuse.
 */
export type Trouble = 'SERVFAIL' | 'REFUSED' | 'no answer' | 'bad answer' | 'unreachable';

/** What one look-up gave. `none` is the name's own answer: it does not exist, or has no address. */
export type Answer =
  | { kind: 'found'; addresses: Address[] }
  | { kind: 'none'; got: string }
  | { kind: 'trouble'; trouble: Trouble; got: string };

/** Looks up one name at a time. Never rejects, and always answers in bounded time. */
export interface LookupClient {
  lookup(name: string): Promise<Answer>;
}
