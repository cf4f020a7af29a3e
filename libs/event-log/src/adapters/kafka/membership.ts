import { backoffMs } from '#kernel';
import type { Clock, Timers } from '#kernel';
import { toPaydayError } from './errors.js';
import {
  GROUP_PROTOCOL,
  decodeClaim,
  decodeShare,
  encodeClaim,
  encodeShare,
  shareOut,
  type MemberShare,
} from './group-protocol.js';
import type { KafkaSettings } from './settings.js';
import { protocolErrorOf, type Broker, type Wire } from './wire.js';

/** The group is rebalancing: rejoin and keep the present partitions. */
const REJOIN = new Set(['REBALANCE_IN_PROGRESS', 'MEMBER_ID_REQUIRED']);
/** The group has expelled this member, and others may read its partitions. */
const EXPELLED = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID']);
/** The brokers allow only longer sessions. */
const TOO_SHORT = 'INVALID_SESSION_TIMEOUT';
/** Another broker coordinates the group, or soon will. */
const MOVED = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);
const LEAVE_TIMEOUT_MS = 2_000;
const NO_GENERATION = -1;

export interface MembershipContext {
  wire: Wire;
  settings: KafkaSettings;
  timers: Timers;
  clock: Clock;
  report(error: unknown): void;
}

export interface MembershipHooks {
  /** The partitions that this member reads, or whose last handler has not finished. */
  owned(): number[];
  /** Read `assigned`; release partitions that are not planned, then call `changed`. */
  shared(share: MemberShare): void;
  /** The group has expelled this member: stop reading everything at once. */
  disowned(): void;
}

/**
 * One member of a consumer group in Kafka's group protocol: the brokers track which members are alive, and the group
 * leader, a member, assigns the partitions. Heartbeats continue whatever the handlers do.
 */
export class Membership {
  private readonly stop = new AbortController();
  private memberId = '';
  private generation = NO_GENERATION;
  private coordinator: Broker | undefined;
  private lastHeartbeatMs: number;
  private isChanged = false;
  /** Index into `sessionTimeoutsMs`: the first value that the brokers have not refused. */
  private session = 0;
  private wakeUp = new AbortController();
  private readonly finished: Promise<void>;

  constructor(
    private readonly context: MembershipContext,
    private readonly groupId: string,
    private readonly topic: string,
    private readonly partitions: number,
    private readonly hooks: MembershipHooks,
  ) {
    context.wire.about(topic);
    this.lastHeartbeatMs = this.nowMs();
    this.finished = this.run();
  }

  /** Call when `owned` has shrunk, because others wait for those partitions. */
  changed(): void {
    this.isChanged = true;
    this.wakeUp.abort();
  }

  /** Leaves the group, so that others need not wait for the session to expire. Call it when no partition is owned. */
  async leave(): Promise<void> {
    this.stop.abort();
    this.wakeUp.abort();
    const { wire, timers } = this.context;
    const patience = new AbortController();
    const finished = this.finished.then(() => patience.abort());
    await timers.sleep(LEAVE_TIMEOUT_MS, patience.signal);
    if (!patience.signal.aborted) wire.close();
    await finished;
    if (this.memberId !== '')
      await wire
        .sendRequest(
          (cluster) => this.coordinatorOf(cluster).then((broker) => broker.leaveGroup(this.identity())),
          LEAVE_TIMEOUT_MS,
        )
        // The brokers are unreachable; the member's session will expire.
        .catch(() => {});
    wire.close();
  }

  private async run(): Promise<void> {
    const { timers, report } = this.context;
    for (let failures = 0; !this.stop.signal.aborted;) {
      try {
        await this.join();
        failures = 0;
        await this.stayUntilItChanges();
      } catch (error) {
        const type = protocolErrorOf(error) ?? '';
        if (REJOIN.has(type) || (type === TOO_SHORT && this.asksForLonger())) continue;
        this.coordinator = undefined;
        if (EXPELLED.has(type)) {
          this.memberId = '';
          this.disowned();
          continue;
        }
        if (!MOVED.has(type)) report(toPaydayError(error, this.topic));
        if (this.nowMs() - this.lastHeartbeatMs > this.sessionTimeoutMs) this.disowned();
        await timers.sleep(backoffMs(failures++, 1_000), this.stop.signal);
      }
    }
  }

  /** Others may own our partitions: the brokers said so, or received no heartbeat for the session timeout. */
  private disowned(): void {
    if (this.generation === NO_GENERATION) return;
    this.generation = NO_GENERATION;
    this.hooks.disowned();
  }

  private async join(): Promise<void> {
    const { wire, settings } = this.context;
    const { sessionTimeoutMs } = this;
    // Members rejoin within one heartbeat, whatever their handlers do, so a longer wait is never needed.
    const joinTimeoutMs = sessionTimeoutMs + settings.requestTimeoutMs;
    this.isChanged = false;
    const joined = await wire.sendRequest(async (cluster) => {
      const broker = await this.coordinatorOf(cluster);
      return broker.joinGroup({
        groupId: this.groupId,
        memberId: this.memberId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: sessionTimeoutMs,
        groupProtocols: [{ name: GROUP_PROTOCOL, metadata: this.claim() }],
      });
    }, joinTimeoutMs);
    this.lastHeartbeatMs = this.nowMs();
    this.memberId = joined.memberId;
    const shares =
      joined.leaderId === joined.memberId
        ? shareOut(
            this.partitions,
            joined.members.map(({ memberId, memberMetadata }) => decodeClaim(memberId, memberMetadata)),
          )
        : new Map<string, MemberShare>();
    const { memberAssignment } = await wire.sendRequest(async (cluster) => {
      const broker = await this.coordinatorOf(cluster);
      return broker.syncGroup({
        groupId: this.groupId,
        memberId: joined.memberId,
        generationId: joined.generationId,
        groupAssignment: [...shares].map(([memberId, share]) => ({
          memberId,
          memberAssignment: encodeShare(this.topic, share),
        })),
      });
    }, joinTimeoutMs);
    this.lastHeartbeatMs = this.nowMs();
    this.generation = joined.generationId;
    this.hooks.shared(decodeShare(this.topic, memberAssignment));
  }

  private async stayUntilItChanges(): Promise<void> {
    const { wire, timers, settings } = this.context;
    while (!this.stop.signal.aborted && !this.isChanged) {
      this.wakeUp = new AbortController();
      await timers.sleep(settings.heartbeatMs, this.wakeUp.signal);
      if (this.stop.signal.aborted || this.isChanged) return;
      await wire.sendRequest(async (cluster) => {
        const broker = await this.coordinatorOf(cluster);
        return broker.heartbeat({ ...this.identity(), groupGenerationId: this.generation });
      });
      this.lastHeartbeatMs = this.nowMs();
    }
  }

  private get sessionTimeoutMs(): number {
    return this.context.settings.sessionTimeoutsMs[this.session]!;
  }

  private asksForLonger(): boolean {
    const isLast = this.session === this.context.settings.sessionTimeoutsMs.length - 1;
    if (!isLast) this.session++;
    return !isLast;
  }

  private async coordinatorOf(cluster: Parameters<Parameters<Wire['sendRequest']>[0]>[0]): Promise<Broker> {
    this.coordinator ??= await cluster.findGroupCoordinator({ groupId: this.groupId });
    return this.coordinator;
  }

  private claim(): Buffer {
    return encodeClaim(this.topic, { owned: this.hooks.owned(), generation: this.generation });
  }

  private identity(): { groupId: string; memberId: string } {
    return { groupId: this.groupId, memberId: this.memberId };
  }

  private nowMs(): number {
    return this.context.clock.monotonicMs();
  }
}
