/**
 * Plans which member reads which partition: evenly (the members' counts differ by at most one), and with as few moves
 * from the last plan as that allows, because each move interrupts a partition.
 *
 * @param last the member of partition i in the last plan, or null; it may include members that have left.
 * @param members in the order in which they joined.
 * @returns the member for each partition; null only if there are no members.
 */
export function planAssignment<M>(last: readonly (M | null)[], members: readonly M[]): (M | null)[] {
  const plan: (M | null)[] = last.map(() => null);
  if (members.length === 0) return plan;
  const room = roomOf(last, members);
  last.forEach((member, partition) => {
    const left = member === null ? 0 : (room.get(member) ?? 0);
    if (member === null || left === 0) return;
    room.set(member, left - 1);
    plan[partition] = member;
  });
  const free = members.flatMap((member) => Array.from({ length: room.get(member)! }, () => member));
  return plan.map((member) => member ?? free.shift() ?? null);
}

/** The number of partitions of each member: the remainder goes to the members that have most, which avoids moves. */
function roomOf<M>(last: readonly (M | null)[], members: readonly M[]): Map<M, number> {
  const had = new Map(members.map((member) => [member, 0]));
  for (const member of last) {
    const count = member === null ? undefined : had.get(member);
    if (count !== undefined) had.set(member!, count + 1);
  }
  const base = Math.floor(last.length / members.length);
  const extra = last.length % members.length;
  const byHoldings = [...members].sort((a, b) => had.get(b)! - had.get(a)!);
  return new Map(byHoldings.map((member, index) => [member, base + (index < extra ? 1 : 0)]));
}
