/**
 * Who reads which partition, kept where all members of a group can see it, for logs that have no group protocol of their
 * own. Entries end by themselves, so that a member that died or froze loses its partitions.
 *
 * What every store promises (each line is a named test of its conformance suite):
 * - one owner: a lease that has not ended belongs to one member, however many ask for it at once;
 * - the store's own time decides when something has ended: the members' clocks may be wrong;
 * - an entry lasts at least `forMs` from the moment at which its call was made;
 * - after a rejected call the store may or may not have done it; repeating it is harmless.
 *
 * Errors of every method: whatever the store's medium throws; the caller tries again.
 */
export interface LeaseStore {
  /**
   * Says that the member lives for `forMs` more, and prolongs those of `partitions` whose leases are its own. A member that
   * is `leaving` is taken off the group, which keeps its leases.
   * @returns the group after that.
   */
  renew(member: LeaseMember, request: RenewRequest): Promise<GroupState>;
  /** Takes the leases that nobody has, whose end has come, or that are the member's already. @returns those it got. */
  acquire(member: LeaseMember, request: AcquireRequest): Promise<number[]>;
  /** Gives up those of `partitions` whose leases are the member's own. */
  release(member: LeaseMember, partitions: readonly number[]): Promise<void>;
  /**
   * Calls `onChange` soon after a member joined or left or a lease was given up. It is a hint: it may come too often or,
   * where a connection was lost, not at all. @returns a function that ends it.
   */
  watch(topic: string, group: string, onChange: () => void): () => void;
}

export interface LeaseMember {
  topic: string;
  group: string;
  /** No other member of the group has this name, in any process. */
  member: string;
}

export interface RenewRequest {
  partitions: readonly number[];
  /** ≥ 1. */
  forMs: number;
  leaving: boolean;
}

export interface AcquireRequest {
  partitions: readonly number[];
  /** ≥ 1. */
  forMs: number;
}

/** What had not ended when the store looked. */
export interface GroupState {
  /** In the order in which they joined. */
  members: string[];
  leases: LeaseState[];
}

export interface LeaseState {
  partition: number;
  /** May have left the group since. */
  owner: string;
  /** > 0. */
  endsInMs: number;
}
