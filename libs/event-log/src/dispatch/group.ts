/** A consumer as its group sees it. */
export interface GroupMember {
  /**
   * Begin to read the partition. No other member has it.
   * @param holds asked before each batch is handed over: false means that the partition is no longer this member's, and
   * `revoke` is about to be called.
   */
  assign(partition: number, holds: () => boolean): void;
  /** Stop reading it. Resolves when the running handler and `onRevoked` have finished; never rejects. */
  revoke(partition: number): Promise<void>;
  /** The plan has changed; `assign` and `revoke` have been called where it could be carried out at once. */
  planned(): void;
}

/** What gives a consumer its partitions. */
export interface Group {
  join(member: GroupMember): void;
  /** Resolves when the member reads nothing any more; the others can have its partitions then. */
  leave(member: GroupMember): Promise<void>;
  /** The partitions that the member has or is about to get. */
  planOf(member: GroupMember): number[];
}
