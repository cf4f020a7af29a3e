/**
 * Leases on partitions, shared by all members of a group, for logs that have no group protocol of their own. Leases
 * expire, so a member that died or froze loses its partitions.
 *
 * Guarantees of every store (each line is a named test of its conformance suite):
 * - one owner: an unexpired lease belongs to one member, however many request it concurrently;
 * - the store's own time decides when an entry expires: the members' clocks may be wrong;
 * - an entry lasts at least `forMs` from the start of its call;
 * - a rejected call may or may not have taken effect; repeating it is harmless.
 *
 * Errors of every method: those of the store's medium; the caller retries.
 */
export interface LeaseStore {
  /**
   * Extends the membership by `forMs`, and its leases on `partitions` as far as it owns them. A `leaving` member is removed
   * from the group but keeps its leases.
   * @returns the group after that.
   */
  renew(member: LeaseMember, request: RenewRequest): Promise<GroupState>;
  /** Takes leases that are free, expired or already the member's. @returns the partitions it got. */
  acquire(member: LeaseMember, request: AcquireRequest): Promise<number[]>;
  /** Releases the member's own leases among `partitions`. */
  release(member: LeaseMember, partitions: readonly number[]): Promise<void>;
  /**
   * Calls `onChange` soon after a member joined or left or a lease was released. It is a hint: calls may come too often
   * or, after a lost connection, not at all. @returns a function that stops watching.
   */
  watch(topic: string, group: string, onChange: () => void): () => void;
}

export interface LeaseMember {
  topic: string;
  group: string;
  /** Unique within the group, across processes. */
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

/** The unexpired entries at the time of the call. */
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
