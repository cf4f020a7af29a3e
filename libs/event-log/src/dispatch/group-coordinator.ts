import type { Group, GroupMember } from './group.js';
import { planAssignment } from './group-plan.js';

/**
 * Shares the partitions of one topic among the members of one group inside this process. A partition moves to its next
 * reader only after the present one has released it; the other partitions are read meanwhile.
 */
export class GroupCoordinator implements Group {
  private readonly members: GroupMember[] = [];
  private readonly owners: (GroupMember | null)[];
  private plan: (GroupMember | null)[];
  private readonly revoking = new Map<number, Promise<void>>();

  constructor(partitions: number) {
    this.owners = Array.from({ length: partitions }, () => null);
    this.plan = [...this.owners];
  }

  get isEmpty(): boolean {
    return this.members.length === 0 && this.revoking.size === 0;
  }

  join(member: GroupMember): void {
    this.members.push(member);
    this.replan();
  }

  async leave(member: GroupMember): Promise<void> {
    const index = this.members.indexOf(member);
    if (index >= 0) this.members.splice(index, 1);
    this.replan();
    await Promise.all(this.owners.map((owner, p) => (owner === member ? this.revoking.get(p) : undefined)));
  }

  planOf(member: GroupMember): number[] {
    return this.plan.flatMap((planned, partition) => (planned === member ? [partition] : []));
  }

  private replan(): void {
    this.plan = planAssignment(this.plan, this.members);
    this.plan.forEach((_, partition) => this.settle(partition));
    for (const member of this.members) member.planned();
  }

  /** Moves one partition towards the plan: revokes it from a wrong owner, or assigns it to the planned one if it is free. */
  private settle(partition: number): void {
    const owner = this.owners[partition] ?? null;
    const planned = this.plan[partition] ?? null;
    if (owner === planned || this.revoking.has(partition)) return;
    if (owner === null) {
      this.owners[partition] = planned;
      planned?.assign(partition, ALWAYS);
      return;
    }
    const released = owner.revoke(partition).then(() => {
      this.owners[partition] = null;
      this.revoking.delete(partition);
      this.settle(partition);
    });
    this.revoking.set(partition, released);
  }
}

/** Within one process no member can lose a partition that it has not released. */
const ALWAYS = (): boolean => true;

/** The groups of one log in this process. */
export class GroupRegistry {
  private readonly groups = new Map<string, GroupCoordinator>();

  /** The coordinator of a group; without a name a new one, for a consumer that reads every partition. */
  coordinator(topic: string, group: string | undefined, partitions: number): GroupCoordinator {
    if (group === undefined) return new GroupCoordinator(partitions);
    // Topic names contain no slash, so the pair is unambiguous.
    const name = `${topic}/${group}`;
    const known = this.groups.get(name);
    if (known) return known;
    for (const [other, coordinator] of this.groups) if (coordinator.isEmpty) this.groups.delete(other);
    const made = new GroupCoordinator(partitions);
    this.groups.set(name, made);
    return made;
  }
}
