/** One address of a name. */
export interface Address {
  address: string;
  family: 4 | 6;
}

/** The result of a lookup for a connection: addresses, or why there are none and whose failure that is. */
export type Resolution =
  { addresses: Address[] } | { outcome: 'connect_error' | 'prober_error'; got: string };

/**
 * Failures that say nothing about the name itself: either its authoritative servers or our resolver may be broken.
 * `unreachable` is one of them: an answer too large for a datagram is fetched over TCP, which some resolvers refuse.
 */
export type Trouble = 'SERVFAIL' | 'REFUSED' | 'no answer' | 'bad answer' | 'unreachable';

/** The answer to one lookup. `none` is authoritative: the name does not exist, or has no address. */
export type Answer =
  | { kind: 'found'; addresses: Address[] }
  | { kind: 'none'; got: string }
  | { kind: 'trouble'; trouble: Trouble; got: string };

/** Looks up one name at a time. Never rejects, and always answers within a bounded time. */
export interface LookupClient {
  lookup(name: string): Promise<Answer>;
}
