import type {
  AcquireRequest,
  GroupState,
  LeaseMember,
  LeaseStore,
  RenewRequest,
} from '../dispatch/lease-store.js';

interface Entry {
  owner: string;
  untilMs: number;
}

interface StoredGroup {
  members: Map<string, number>;
  leases: Map<number, Entry>;
  watchers: Set<() => void>;
}

/** Leases in this process's memory, for tests. */
export class MemoryLeaseStore implements LeaseStore {
  private readonly groups = new Map<string, StoredGroup>();

  /** @param nowMs the store's own time. */
  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  async renew(member: LeaseMember, { partitions, forMs, leaving }: RenewRequest): Promise<GroupState> {
    const group = this.group(member);
    const untilMs = this.nowMs() + forMs;
    this.dropEnded(group);
    const isChange = leaving ? group.members.has(member.member) : !group.members.has(member.member);
    if (leaving) group.members.delete(member.member);
    else group.members.set(member.member, untilMs);
    for (const partition of partitions) {
      const entry = group.leases.get(partition);
      if (entry?.owner === member.member) entry.untilMs = untilMs;
    }
    if (isChange) notify(group);
    return {
      members: [...group.members.keys()],
      leases: [...group.leases].map(([partition, { owner, untilMs: ends }]) => ({
        partition,
        owner,
        endsInMs: ends - this.nowMs(),
      })),
    };
  }

  async acquire(member: LeaseMember, { partitions, forMs }: AcquireRequest): Promise<number[]> {
    const group = this.group(member);
    this.dropEnded(group);
    return partitions.filter((partition) => {
      const entry = group.leases.get(partition);
      if (entry && entry.owner !== member.member) return false;
      group.leases.set(partition, { owner: member.member, untilMs: this.nowMs() + forMs });
      return true;
    });
  }

  async release(member: LeaseMember, partitions: readonly number[]): Promise<void> {
    const group = this.group(member);
    for (const partition of partitions)
      if (group.leases.get(partition)?.owner === member.member) group.leases.delete(partition);
    notify(group);
  }

  watch(topic: string, group: string, onChange: () => void): () => void {
    const { watchers } = this.group({ topic, group });
    watchers.add(onChange);
    return () => watchers.delete(onChange);
  }

  private group({ topic, group }: Pick<LeaseMember, 'topic' | 'group'>): StoredGroup {
    const name = `${topic}/${group}`;
    const known = this.groups.get(name) ?? { members: new Map(), leases: new Map(), watchers: new Set() };
    this.groups.set(name, known);
    return known;
  }

  private dropEnded({ members, leases }: StoredGroup): void {
    for (const [member, untilMs] of members) if (untilMs <= this.nowMs()) members.delete(member);
    for (const [partition, { untilMs }] of leases) if (untilMs <= this.nowMs()) leases.delete(partition);
  }
}

function notify({ watchers }: StoredGroup): void {
  for (const watcher of [...watchers]) queueMicrotask(watcher);
}
