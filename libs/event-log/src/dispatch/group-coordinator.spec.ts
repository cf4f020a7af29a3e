import fc from 'fast-check';
import type { GroupMember } from './group.js';
import { GroupCoordinator, GroupRegistry } from './group-coordinator.js';

/** The reader of each partition as the members see it; a second concurrent reader is an error. */
class Board {
  readonly readers = new Map<number, Member>();
  readonly releases: (() => void)[] = [];
}

class Member implements GroupMember {
  constructor(private readonly board: Board) {}

  assign(partition: number): void {
    if (this.board.readers.has(partition)) throw new Error(`two members read partition ${partition}`);
    this.board.readers.set(partition, this);
  }

  revoke(partition: number): Promise<void> {
    if (this.board.readers.get(partition) !== this) throw new Error(`${partition} was not this member's`);
    return new Promise((resolve) => {
      this.board.releases.push(() => {
        this.board.readers.delete(partition);
        resolve();
      });
    });
  }

  planned(): void {}
}

describe('GroupCoordinator', () => {
  it('never assigns a partition to two members, and converges on the plan for any order of joins, leaves and releases', async () => {
    const step = fc.oneof(
      fc.constant({ kind: 'join' as const }),
      fc.record({ kind: fc.constant('leave' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('release' as const), which: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.array(step, { maxLength: 30 }),
        async (size, steps) => {
          const board = new Board();
          const group = new GroupCoordinator(size);
          const members: Member[] = [];
          const leaving: Promise<void>[] = [];
          const release = async (which: number): Promise<void> => {
            board.releases.splice(which % board.releases.length, 1)[0]!();
            await new Promise((resolve) => setImmediate(resolve));
          };
          for (const action of steps) {
            if (action.kind === 'join') {
              const member = new Member(board);
              members.push(member);
              group.join(member);
            } else if (action.kind === 'leave' && members.length > 0) {
              leaving.push(group.leave(members.splice(action.which % members.length, 1)[0]!));
            } else if (action.kind === 'release' && board.releases.length > 0) {
              await release(action.which);
            }
          }
          while (board.releases.length > 0) await release(0);
          await Promise.all(leaving);
          for (const member of members)
            expect(
              [...board.readers]
                .filter(([, reader]) => reader === member)
                .map(([p]) => p)
                .sort(),
            ).toEqual(group.planOf(member).sort());
          expect(board.readers.size).toBe(members.length > 0 ? size : 0);
          expect(group.isEmpty).toBe(members.length === 0);
        },
      ),
    );
  });

  it('the registry returns one coordinator per topic and group, and drops empty ones', async () => {
    const registry = new GroupRegistry();
    const group = registry.coordinator('t', 'g', 2);
    const member = new Member(new Board());
    group.join(member);
    expect(registry.coordinator('t', 'g', 2)).toBe(group);
    expect(registry.coordinator('t', 'h', 2)).not.toBe(group);
    expect(registry.coordinator('u', 'g', 2)).not.toBe(group);
    expect(registry.coordinator('t', undefined, 2)).not.toBe(registry.coordinator('t', undefined, 2));
  });
});
