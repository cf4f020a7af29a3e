import fc from 'fast-check';
import {
  decodeClaim,
  decodeShare,
  encodeClaim,
  encodeShare,
  shareOut,
  type MemberClaim,
} from './group-protocol.js';

const claim = (memberId: string, owned: number[], generation = 1): MemberClaim => ({
  memberId,
  owned,
  generation,
});

describe('sharing partitions without stopping the world', () => {
  it('assigns everything to a single member at once', () => {
    expect(shareOut(3, [claim('a', [], -1)]).get('a')).toEqual({ assigned: [0, 1, 2], planned: [0, 1, 2] });
  });

  it('plans a partition for its next reader, but assigns it to nobody while its owner has it', () => {
    const shares = shareOut(4, [claim('a', [0, 1, 2, 3]), claim('b', [], -1)]);
    expect(shares.get('a')).toEqual({ assigned: [0, 1], planned: [0, 1] });
    expect(shares.get('b')).toEqual({ assigned: [], planned: [2, 3] });
  });

  it('assigns it when its owner has released it, even if another partition is not free yet', () => {
    const shares = shareOut(4, [claim('a', [0, 1, 2]), claim('b', [])]);
    expect(shares.get('b')).toEqual({ assigned: [3], planned: [2, 3] });
  });

  it('resolves two claims to a partition in favour of the later generation', () => {
    const shares = shareOut(1, [claim('away', [0], 3), claim('here', [0], 7)]);
    expect(shares.get('here')).toEqual({ assigned: [0], planned: [0] });
    expect(shares.get('away')).toEqual({ assigned: [], planned: [] });
  });

  it('never assigns a partition while another member has it, and converges on an even share', () => {
    const steps = fc.array(fc.record({ join: fc.boolean(), member: fc.nat(4), letsGo: fc.nat(7) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), steps, (partitions, script) => {
        const owned = new Map<string, Set<number>>([['m0', new Set()]]);
        const planned = new Map<string, number[]>();
        const rebalance = (): void => {
          const claims = [...owned].map(([id, has]) => claim(id, [...has]));
          for (const [id, share] of shareOut(partitions, claims)) {
            planned.set(id, share.planned);
            for (const partition of share.assigned) owned.get(id)!.add(partition);
          }
          const all = [...owned.values()].flatMap((has) => [...has]);
          expect(new Set(all).size).toBe(all.length);
        };
        const letGo = (id: string, partition: number): void => {
          if (!planned.get(id)?.includes(partition)) owned.get(id)!.delete(partition);
        };
        rebalance();
        for (const { join, member, letsGo } of script) {
          const id = `m${member}`;
          if (join) owned.set(id, owned.get(id) ?? new Set());
          else if (owned.size > 1) owned.delete(id);
          rebalance();
          // Handlers end at different times: only one member releases before the next change.
          for (const other of owned.keys()) letGo(other, letsGo);
        }
        for (let round = 0; round < 3; round++) {
          for (const [id, has] of owned) for (const partition of has) letGo(id, partition);
          rebalance();
        }
        const sizes = [...owned.values()].map((has) => has.size);
        expect(sizes.reduce((a, b) => a + b)).toBe(partitions);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('encodes assignments in the format that Kafka tools read', () => {
    const said = decodeClaim('m', encodeClaim('topic', { owned: [1, 5], generation: 9 }));
    expect(said).toEqual({ memberId: 'm', owned: [1, 5], generation: 9 });
    const share = { assigned: [1], planned: [1, 2] };
    expect(decodeShare('topic', encodeShare('topic', share))).toEqual(share);
    expect(decodeShare('topic', Buffer.alloc(0))).toEqual({ assigned: [], planned: [] });
  });
});
