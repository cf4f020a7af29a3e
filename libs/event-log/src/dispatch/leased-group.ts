import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { PaydayError, type Clock, backoffMs, type Timers } from '#kernel';
import type { Group, GroupMember } from './group.js';
import { planAssignment } from './group-plan.js';
import type { GroupState, LeaseMember, LeaseStore } from './lease-store.js';

/** Renewals per lease duration, so that one or two lost responses are harmless. */
const RENEWALS_PER_LEASE = 3;
/** A refresh comes this long after another member's lease expires, so that it sees the expiry. */
const AFTER_END_MS = 10;

export interface LeasedGroupContext {
  store: LeaseStore;
  clock: Clock;
  timers: Timers;
  /** How long a silent member keeps its partitions. */
  leaseMs: number;
  member: LeaseMember;
  /** Number of the topic's partitions. */
  partitions: number;
  /** Called for every retry and for each lost partition. */
  report(error: unknown): void;
}

interface Lease {
  /** By this process's monotonic clock, and never later than by the store's. */
  endsMs: number;
  /** True while the partition is being released. */
  giving: boolean;
}

/**
 * One member of a group that may span processes and machines: it holds leases on its share of the partitions (docs/adr:
 * leases in PostgreSQL).
 *
 * Every member refreshes its view of the group regularly and computes the same even plan with few moves from it. A member
 * with too many partitions releases one when its handler and `onRevoked` have finished; a member with too few takes free
 * ones. The store never assigns a lease that another member holds, so views that differ briefly only delay a move.
 * A member without a response from the store stops by itself when its leases expire.
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

  /** Called once, because a group object is one member's view. */
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
      // Tells the others that this member has left, even if it had no partition.
      const isLast = this.leaving && this.held.size === 0;
      let pauseMs: number;
      try {
        pauseMs = await this.refresh();
        failures = 0;
      } catch (error) {
        this.context.report(error);
        pauseMs = backoffMs(failures++);
      }
      if (isLast) break;
      this.releaseEnded();
      await this.pause(pauseMs);
      this.releaseEnded();
    }
    this.unwatch();
  }

  /** Renews, compares its partitions with the plan, and starts the changes. @returns when to refresh again. */
  private async refresh(): Promise<number> {
    const { store, clock, member, leaseMs } = this.context;
    const askedMs = clock.monotonicMs();
    const request = { partitions: [...this.held.keys()], forMs: leaseMs, leaving: this.leaving };
    const state = await store.renew(member, request);
    const owners = this.ownersIn(state);
    this.noteRenewed(owners, askedMs);
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
    // The store says we hold these, but we do not: a release failed, or a lease expired here before its renewal.
    const left = owners.flatMap((name, p) =>
      name === own && planned[p] !== own && !this.held.has(p) ? p : [],
    );
    if (left.length > 0) await store.release(member, left);
    const wanted = this.plan.filter((p) => !this.held.has(p) && (owners[p] === null || owners[p] === own));
    if (wanted.length > 0) {
      const endsMs = clock.monotonicMs() + leaseMs;
      const got = await store.acquire(member, { partitions: wanted, forMs: leaseMs });
      if (this.leaving) return store.release(member, got);
      for (const partition of got) this.takePartition(partition, endsMs);
    }
    this.reader.planned();
  }

  private takePartition(partition: number, endsMs: number): void {
    const lease: Lease = { endsMs, giving: false };
    this.held.set(partition, lease);
    this.reader.assign(partition, () => this.lives(lease));
  }

  /** Waits for the handler, then releases the lease, which is renewed meanwhile. */
  private releasePartition(partition: number): void {
    const lease = this.held.get(partition)!;
    if (lease.giving) return;
    lease.giving = true;
    const { store, member, report } = this.context;
    void this.reader
      .revoke(partition)
      .then(() => store.release(member, [partition]))
      // The lease expires by itself, or the next refresh releases it.
      .catch(report)
      .then(() => {
        this.held.delete(partition);
        this.wake();
      });
  }

  private releaseEnded(): void {
    for (const [partition, lease] of this.held) if (!this.lives(lease)) this.lose(partition, lease);
  }

  private noteRenewed(owners: readonly (string | null)[], askedMs: number): void {
    const { member, leaseMs } = this.context;
    for (const [partition, lease] of this.held)
      if (owners[partition] === member.member) lease.endsMs = askedMs + leaseMs;
      else this.lose(partition, lease);
  }

  private lose(partition: number, lease: Lease): void {
    if (lease.giving) return;
    const { topic, group } = this.context.member;
    lease.endsMs = -Infinity;
    this.context.report(leaseEnded(topic, group, partition));
    this.releasePartition(partition);
  }

  private lives(lease: Lease): boolean {
    return this.context.clock.monotonicMs() < lease.endsMs;
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

  /** Waits for `pauseMs`, until one of its leases expires, or until a change is reported. */
  private async pause(pauseMs: number): Promise<void> {
    const nowMs = this.context.clock.monotonicMs();
    const leftMs = [...this.held.values()].flatMap(({ giving, endsMs }) => (giving ? [] : endsMs - nowMs));
    this.pausing = new AbortController();
    if (!this.woken) await this.context.timers.sleep(Math.min(pauseMs, ...leftMs), this.pausing.signal);
    this.woken = false;
  }
}

/** A unique member name that identifies the process to an operator. */
export function newMemberName(): string {
  return `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
}

/** Reported, not thrown: the consumer continues with its other partitions, and another member reads this one. */
export function leaseEnded(topic: string, group: string, partition: number): PaydayError {
  return new PaydayError(
    'lease_ended',
    `the lease of group "${group}" on ${topic}/${partition} ended before it was renewed: this process was held up, or ` +
      'could not reach the store of leases; another member reads the partition now',
    { details: { topic, group, partition } },
  );
}
