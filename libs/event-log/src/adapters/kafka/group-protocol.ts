import kafkajs from 'kafkajs';
import { planAssignment } from '../../dispatch/group-plan.js';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const VERSION = 1;

/** All members of a group must use the same protocol. */
export const GROUP_PROTOCOL = 'payday-cooperative-1';

/** The metadata that a member sends when it joins. */
export interface MemberClaim {
  memberId: string;
  /** The partitions that it reads, or whose last handler has not finished. */
  owned: number[];
  /** The generation that assigned them; −1 if none did. */
  generation: number;
}

/** The assignment that a member receives. */
export interface MemberShare {
  /** The partitions that it may read now. */
  assigned: number[];
  /** The partitions that it will have once their present owners have released them; includes `assigned`. */
  planned: number[];
}

/**
 * Rebalances incrementally, without stopping the world: a partition that moves is assigned to nobody until its owner has
 * seen the new plan, finished its work and rejoined without the partition. All other partitions are read meanwhile.
 */
export function shareOut(partitions: number, claims: readonly MemberClaim[]): Map<string, MemberShare> {
  const owners: (MemberClaim | null)[] = Array.from({ length: partitions }, () => null);
  for (const claim of claims)
    for (const partition of claim.owned) {
      const other = owners[partition];
      // Of two members that claim it, the one with the older generation was away too long and releases it.
      if (other === null || (other && other.generation < claim.generation)) owners[partition] = claim;
    }
  const members = claims.map(({ memberId }) => memberId).sort();
  const plan = planAssignment(
    owners.map((owner) => owner?.memberId ?? null),
    members,
  );
  const shares = new Map(members.map((id) => [id, { assigned: [], planned: [] } as MemberShare]));
  plan.forEach((memberId, partition) => {
    const share = memberId === null ? undefined : shares.get(memberId);
    share?.planned.push(partition);
    const owner = owners[partition]?.memberId ?? memberId;
    if (owner === memberId) share?.assigned.push(partition);
  });
  return shares;
}

export function encodeClaim(topic: string, { owned, generation }: Omit<MemberClaim, 'memberId'>): Buffer {
  const userData = Buffer.from(JSON.stringify({ owned, generation }));
  return MemberMetadata.encode({ version: VERSION, topics: [topic], userData });
}

export function decodeClaim(memberId: string, metadata: Buffer): MemberClaim {
  const said = JSON.parse(MemberMetadata.decode(metadata)!.userData.toString()) as Omit<
    MemberClaim,
    'memberId'
  >;
  return { memberId, ...said };
}

/** Encodes the assigned partitions in Kafka's standard format, which tools show, and the planned ones as user data. */
export function encodeShare(topic: string, { assigned, planned }: MemberShare): Buffer {
  return MemberAssignment.encode({
    version: VERSION,
    assignment: { [topic]: assigned },
    userData: Buffer.from(JSON.stringify(planned)),
  });
}

export function decodeShare(topic: string, assignment: Buffer): MemberShare {
  const decoded = MemberAssignment.decode(assignment);
  if (!decoded) return { assigned: [], planned: [] };
  return {
    assigned: decoded.assignment[topic] ?? [],
    planned: JSON.parse(decoded.userData.toString()) as number[],
  };
}
