import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { PaydayError, type Clock } from '#kernel';
import type { Group, GroupMember } from './group.js';
import { planAssignment } from './group-plan.js';
import type { GroupState, LeaseMember, LeaseStore } from './lease-store.js';
import { retryPauseMs, type Timers } from './timers.js';

/** Leases are renewed this many times in their length, so that a lost answer or two cost nothing. */
const RENEWALS_PER_LEASE = 3;
/** Looks this long after the end of somebody's lease, so that the look finds it ended. */
const AFTER_END_MS = 10;

export interface LeasedGroupContext {
  store: LeaseStore;
  clock: Clock;
  timers: Timers;
  /** How long a member that says nothing keeps its partitions. */
  leaseMs: number;
  member: LeaseMember;
  /** Number of the topic's partitions. */
  partitions: number;
  /** Called for every retry and for partitions that were lost. */
  report(error: unknown): void;
}

interface Lease {
  /** By this process' monotonic clock, and never later than by the store's. */
  endsUs: number;
  /** Set once the partition is being given up. */
  giving: boolean;
}

/**
 * One member of a group whose members may live in different processes and on different machines: it holds leases on its
 * share of the partitions (docs/adr: leases in PostgreSQL).
 *
 * Every member looks at the group regularly and computes the same plan from what it sees: evenly, with few moves. Who has
 * too many gives one up when its handler and `onRevoked` have finished; who has too few takes what is free. The store sees
 * to it that nobody gets what somebody still has, so views that differ for a moment delay a move, and do no harm.
 * A member that hears nothing from the store stops by itself when its leases end.
 */
export class LeasedGroup implements Group {
  private readonly held = new Map<number, Lease>();
  private plan: number[] = [];
  private reader!: GroupMember;
  private leaving = false;
  private running: Promise<void> = Promise.resolve();
  private pausing = new AbortController();
  private woken = false;
  private unwatch = (): void => {};

  constructor(private readonly context: LeasedGroupContext) {}

  /** Called once: a group object is one member's view. */
  join(reader: GroupMember): void {
    const { store, member } = this.context;
    this.reader = reader;
    this.unwatch = store.watch(member.topic, member.group, () => this.wake());
    this.running = this.run();
  }

  async leave(_reader: GroupMember): Promise<void> {
    this.leaving = true;
    for (const partition of this.held.keys()) this.releasePartition(partition);
    this.wake();
    await this.running;
  }

  planOf(_reader: GroupMember): number[] {
    return this.plan;
  }

  private async run(): Promise<void> {
    for (let failures = 0; ;) {
      // Others learn that this member has left even if it had nothing.
      const isLast = this.leaving && this.held.size === 0;
      let pauseMs: number;
      try {
        pauseMs = await this.refresh();
        failures = 0;
      } catch (error) {
        this.context.report(error);
        pauseMs = retryPauseMs(failures++);
      }
      if (isLast) break;
      this.releaseEnded();
      await this.pause(pauseMs);
      this.releaseEnded();
    }
    this.unwatch();
  }

  /** Renews, compares what it has with what it should have, and begins to change it. @returns when to look again. */
  private async refresh(): Promise<number> {
    const { store, clock, member, leaseMs } = this.context;
    const askedUs = clock.monotonicUs();
    const request = { partitions: [...this.held.keys()], forMs: leaseMs, leaving: this.leaving };
    const state = await store.renew(member, request);
    const owners = this.ownersIn(state);
    this.noteRenewed(owners, askedUs);
    if (!this.leaving) await this.follow(owners, state.members);
    return this.pauseAfter(state);
  }

  private async follow(owners: readonly (string | null)[], members: readonly string[]): Promise<void> {
    const { store, clock, member, leaseMs } = this.context;
    const own = member.member;
    const planned = planAssignment(owners, members);
    this.plan = planned.flatMap((name, partition) => (name === own ? [partition] : []));
    for (const partition of this.held.keys())
      if (planned[partition] !== own) this.releasePartition(partition);
    // Held according to the store, but not by us: a release that failed, or a lease that ended here before it was renewed.
    const left = owners.flatMap((name, p) =>
      name === own && planned[p] !== own && !this.held.has(p) ? p : [],
    );
    if (left.length > 0) await store.release(member, left);
    const wanted = this.plan.filter((p) => !this.held.has(p) && (owners[p] === null || owners[p] === own));
    if (wanted.length > 0) {
      const endsUs = clock.monotonicUs() + leaseMs * 1000;
      const got = await store.acquire(member, { partitions: wanted, forMs: leaseMs });
      if (this.leaving) return store.release(member, got);
      for (const partition of got) this.takePartition(partition, endsUs);
    }
    this.reader.planned();
  }

  private takePartition(partition: number, endsUs: number): void {
    const lease: Lease = { endsUs, giving: false };
    this.held.set(partition, lease);
    this.reader.assign(partition, () => this.lives(lease));
  }

  /** Lets the handler finish, then the lease go. While it runs, the lease is renewed. */
  private releasePartition(partition: number): void {
    const lease = this.held.get(partition)!;
    if (lease.giving) return;
    lease.giving = true;
    const { store, member, report } = this.context;
    void this.reader
      .revoke(partition)
      .then(() => store.release(member, [partition]))
      // Then it ends by itself, or the next look finds it.
      .catch(report)
      .then(() => {
        this.held.delete(partition);
        this.wake();
      });
  }

  private releaseEnded(): void {
    for (const [partition, lease] of this.held) if (!this.lives(lease)) this.lose(partition, lease);
  }

  private noteRenewed(owners: readonly (string | null)[], askedUs: number): void {
    const { member, leaseMs } = this.context;
    for (const [partition, lease] of this.held)
      if (owners[partition] === member.member) lease.endsUs = askedUs + leaseMs * 1000;
      else this.lose(partition, lease);
  }

  private lose(partition: number, lease: Lease): void {
    if (lease.giving) return;
    const { topic, group } = this.context.member;
    lease.endsUs = -Infinity;
    this.context.report(leaseEnded(topic, group, partition));
    this.releasePartition(partition);
  }

  private lives(lease: Lease): boolean {
    return this.context.clock.monotonicUs() < lease.endsUs;
  }

  private ownersIn({ leases }: GroupState): (string | null)[] {
    const owners = Array.from<string | null>({ length: this.context.partitions }).fill(null);
    for (const { partition, owner } of leases) if (partition < owners.length) owners[partition] = owner;
    return owners;
  }

  private pauseAfter({ leases }: GroupState): number {
    const others = leases.filter(({ owner }) => owner !== this.context.member.member);
    const ends = others.map(({ endsInMs }) => endsInMs + AFTER_END_MS);
    return Math.min(this.context.leaseMs / RENEWALS_PER_LEASE, ...ends);
  }

  private wake(): void {
    this.woken = true;
    this.pausing.abort();
  }

  /** Until it is time, until a lease ends here, or until something has changed. */
  private async pause(pauseMs: number): Promise<void> {
    const nowUs = this.context.clock.monotonicUs();
    const endsMs = [...this.held.values()].flatMap(({ giving, endsUs }) =>
      giving ? [] : (endsUs - nowUs) / 1000,
    );
    this.pausing = new AbortController();
    if (!this.woken) await this.context.timers.sleep(Math.min(pauseMs, ...endsMs), this.pausing.signal);
    this.woken = false;
  }
}

/** A name that no other member has, and by which an operator finds the process. */
export function newMemberName(): string {
  return `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
}

/** Reported, not thrown: the consumer goes on with what it has, and another member with this partition. */
export function leaseEnded(topic: string, group: string, partition: number): PaydayError {
  return new PaydayError(
    'lease_ended',
    `the lease of group "${group}" on ${topic}/${partition} ended before it was renewed: this process was held up, or ` +
      'could not reach the store of leases; another member reads the partition now',
    { retryable: true, details: { topic, group, partition } },
  );
}
