/** A consumer as its group sees it. */
export interface GroupMember {
  /**
   * Starts reading the partition, which no other member has.
   * @param holds checked before each batch: false means that the member has lost the partition, and a call of `revoke`
   * will follow.
   */
  assign(partition: number, holds: () => boolean): void;
  /** Stops reading it. Resolves when the running handler and `onRevoked` have finished; never rejects. */
  revoke(partition: number): Promise<void>;
  /** Called after a change of plan and after the `assign` and `revoke` calls that were possible at once. */
  planned(): void;
}

/** Assigns a consumer its partitions. */
export interface Group {
  join(member: GroupMember): void;
  /** Resolves when the member has stopped reading; the others can get its partitions then. */
  leave(member: GroupMember): Promise<void>;
  /** The partitions that the plan assigns to the member. */
  planOf(member: GroupMember): number[];
}
