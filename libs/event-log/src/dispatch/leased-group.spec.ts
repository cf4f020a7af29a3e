import fc from 'fast-check';
import { ManualTime, settled } from '#testing';
import { MemoryLeaseStore } from '../conformance/memory-lease-store.js';
import type { GroupMember } from './group.js';
import type { LeaseStore } from './lease-store.js';
import { LeasedGroup } from './leased-group.js';

const LEASE_MS = 3000;

/** A process with one member of the group. Its clock differs from all others. */
class Process implements GroupMember {
  readonly time = new ManualTime(0);
  /** Partition → whether the member may still hand over batches of it. */
  readonly reading = new Map<number, () => boolean>();
  readonly handlers: (() => void)[] = [];
  readonly reports: unknown[] = [];
  readonly group: LeasedGroup;
  left: Promise<void> | undefined;
  /** Responses that are still outstanding. */
  private waiting: (() => void)[] = [];
  isFrozen = false;
  /** Calls that take effect at once, but whose responses wait until they are no longer slow. */
  slow: 'none' | 'acquire' | 'all' = 'none';

  constructor(
    private readonly world: World,
    name: string,
    private readonly skewMs: number,
  ) {
    this.time.advanceTo(skewMs + world.nowMs);
    this.group = new LeasedGroup({
      store: this.store(),
      clock: this.time,
      timers: this.time,
      leaseMs: LEASE_MS,
      member: { topic: 't', group: 'g', member: name },
      partitions: world.partitions,
      report: (error) => this.reports.push(error),
    });
    this.group.join(this);
  }

  assign(partition: number, holds: () => boolean): void {
    if (this.reading.has(partition)) throw new Error(`${partition} was assigned twice`);
    this.reading.set(partition, holds);
  }

  revoke(partition: number): Promise<void> {
    if (!this.reading.has(partition)) throw new Error(`${partition} was not being read`);
    return new Promise((resolve) => {
      this.handlers.push(() => {
        this.reading.delete(partition);
        resolve();
      });
    });
  }

  planned(): void {}

  moveTo(worldMs: number): void {
    this.time.advanceTo(worldMs + this.skewMs);
  }

  /** World time of the next timed event. */
  get nextMs(): number {
    return this.time.nextDueMs - this.skewMs;
  }

  freeze(): void {
    this.isFrozen = true;
    this.time.freeze();
  }

  thaw(): void {
    this.isFrozen = false;
    this.slow = 'none';
    this.time.thaw();
    for (const go of this.waiting.splice(0)) go();
  }

  /** Every call may fail, before or after it takes effect; no response reaches a frozen process. */
  private store(): LeaseStore {
    const { world } = this;
    const call = async <T>(action: () => Promise<T>, name = 'all'): Promise<T> => {
      if (world.outage === 'unreachable') throw new Error('the store is unreachable');
      const answer = await action();
      while (this.isFrozen || this.slow === 'all' || this.slow === name)
        await new Promise<void>((go) => this.waiting.push(go));
      if (world.outage === 'answers are lost') throw new Error('the answer was lost');
      return answer;
    };
    return {
      renew: (member, request) => call(() => world.store.renew(member, request)),
      acquire: (member, request) => call(() => world.store.acquire(member, request), 'acquire'),
      release: (member, partitions) => call(() => world.store.release(member, partitions)),
      watch: (topic, group, onChange) =>
        world.store.watch(topic, group, () => {
          if (!this.isFrozen && world.hints) onChange();
        }),
    };
  }
}

class World {
  nowMs = 0;
  outage: 'none' | 'unreachable' | 'answers are lost' = 'none';
  readonly store = new MemoryLeaseStore(() => this.nowMs);
  readonly all: Process[] = [];
  readonly alive: Process[] = [];

  constructor(
    readonly partitions: number,
    readonly hints: boolean,
  ) {}

  join(): Process {
    const process = new Process(this, `m${this.all.length}`, this.all.length * 86_400_000);
    this.all.push(process);
    this.alive.push(process);
    return process;
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      await settled();
      this.check();
      const nextMs = Math.min(untilMs, ...this.all.map((process) => process.nextMs));
      // A timer is due now: run it before time advances.
      this.nowMs = Math.max(this.nowMs, nextMs);
      for (const process of this.all) process.moveTo(this.nowMs);
      if (this.nowMs >= untilMs && !this.all.some((process) => process.nextMs <= untilMs)) break;
    }
    await settled();
    this.check();
  }

  /** Invariant, whatever was killed or frozen: at most one reader of a partition would still deliver a batch. */
  check(): void {
    for (let partition = 0; partition < this.partitions; partition++) {
      const readers = this.all.filter((process) => process.reading.get(partition)?.());
      if (readers.length > 1) throw new Error(`${readers.length} members read partition ${partition}`);
    }
  }

  /** Ends all disturbances and handlers; afterwards the group must converge. */
  async calm(forMs: number): Promise<void> {
    this.outage = 'none';
    for (const process of this.all) if (process.left || this.alive.includes(process)) process.thaw();
    for (let passedMs = 0; passedMs < forMs; passedMs += 100) {
      for (const process of this.all)
        if (!process.isFrozen) process.handlers.splice(0).forEach((end) => end());
      await this.pass(100);
    }
  }
}

const step = fc.oneof(
  fc.constant({ kind: 'join' as const }),
  fc.record({
    kind: fc.constantFrom(
      'leave',
      'kill',
      'freeze',
      'acquire',
      'all',
      'thaw',
      'thaw',
      'end handler' as const,
    ),
    which: fc.nat(),
  }),
  fc.record({
    kind: fc.constant('outage' as const),
    outage: fc.constantFrom<World['outage']>('none', 'unreachable', 'answers are lost'),
  }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: LEASE_MS }) }),
);

describe('LeasedGroup', () => {
  it('never has two readers of a partition, and converges on an even share, whatever happens to members, clocks and store', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        fc.array(step, { maxLength: 40 }),
        async (partitions, hints, steps) => {
          const world = new World(partitions, hints);
          for (const action of steps) {
            const { alive } = world;
            const chosen = 'which' in action ? alive[action.which % Math.max(1, alive.length)] : undefined;
            if (action.kind === 'join') world.join();
            else if (action.kind === 'outage') world.outage = action.outage;
            else if (action.kind === 'pass') await world.pass(action.ms);
            else if (chosen) {
              if (action.kind === 'freeze') chosen.freeze();
              else if (action.kind === 'acquire' || action.kind === 'all') chosen.slow = action.kind;
              else if (action.kind === 'thaw') chosen.thaw();
              else if (action.kind === 'end handler' && !chosen.isFrozen) chosen.handlers.shift()?.();
              else if (action.kind === 'kill') {
                alive.splice(alive.indexOf(chosen), 1);
                chosen.freeze();
              } else if (action.kind === 'leave' && !chosen.isFrozen) {
                alive.splice(alive.indexOf(chosen), 1);
                chosen.left = chosen.group.leave(chosen);
              }
            }
            await settled();
            world.check();
          }
          await world.calm(4 * LEASE_MS);
          const { alive, all } = world;
          await Promise.all(all.map(({ left }) => left));
          const shares = alive.map(({ reading }) => reading.size);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBe(alive.length > 0 ? partitions : 0);
          expect(Math.max(0, ...shares) - Math.min(Infinity, ...shares)).toBeLessThanOrEqual(1);
          for (const process of alive) {
            expect([...process.reading.keys()].sort()).toEqual(process.group.planOf(process).sort());
            expect([...process.reading.values()].every((holds) => holds())).toBe(true);
            await Promise.all([process.group.leave(process), world.calm(100)]);
          }
        },
      ),
      { numRuns: 200 },
    );
  }, 60_000);

  it('a partition moves only when its handler has ended, however long that takes, while the others move at once', async () => {
    const world = new World(4, true);
    const first = world.join();
    await world.pass(10);
    const second = world.join();
    await world.pass(10);
    expect(first.handlers).toHaveLength(2);
    await world.pass(10 * LEASE_MS);
    expect(second.reading.size).toBe(0);
    first.handlers.shift()!();
    await world.pass(10);
    expect(second.reading.size).toBe(1);
    expect(first.reading.size).toBe(3);
    first.handlers.shift()!();
    await world.pass(10);
    expect([first.reading.size, second.reading.size]).toEqual([2, 2]);
    expect(first.reports).toEqual([]);
  });

  it('a killed member’s partitions move when its leases expire, without waiting for the next refresh', async () => {
    const world = new World(2, true);
    const dies = world.join();
    await world.pass(10);
    const stays = world.join();
    await world.calm(1000);
    expect([dies.reading.size, stays.reading.size]).toEqual([1, 1]);
    dies.freeze();
    await world.pass(LEASE_MS + 50);
    expect(stays.reading.size).toBe(2);
  });

  it('a member without a response from the store stops by itself when its leases expire, and reports it', async () => {
    const world = new World(2, true);
    const cutOff = world.join();
    await world.pass(10);
    world.outage = 'unreachable';
    await world.pass(LEASE_MS - 20);
    expect(cutOff.handlers).toHaveLength(0);
    await world.pass(30);
    expect(cutOff.handlers).toHaveLength(2);
    expect([...cutOff.reading.values()].some((holds) => holds())).toBe(false);
    expect(cutOff.reports).toContainEqual(expect.objectContaining({ code: 'lease_ended' }));
    await world.calm(6000);
    expect(cutOff.reading.size).toBe(2);
  });

  it('a renewal counts from its request, not from its response', async () => {
    const world = new World(1, true);
    const member = world.join();
    await world.pass(10);
    member.slow = 'all';
    await world.pass(LEASE_MS - 100);
    member.thaw();
    world.outage = 'unreachable';
    await world.pass(LEASE_MS / 3);
    expect(member.reading.get(0)!()).toBe(true);
    await world.pass(200);
    expect(member.reading.get(0)!()).toBe(false);
  });

  it('leases acquired while leaving are released at once', async () => {
    const world = new World(2, true);
    const leaves = world.join();
    leaves.slow = 'acquire';
    await world.pass(10);
    const left = leaves.group.leave(leaves);
    leaves.thaw();
    await world.pass(10);
    await left;
    expect(leaves.reading.size).toBe(0);
    const next = world.join();
    await world.pass(10);
    expect(next.reading.size).toBe(2);
  });

  it('leaving completes even if the store is unreachable, and the leases expire', async () => {
    const world = new World(2, true);
    const leaves = world.join();
    await world.pass(10);
    world.outage = 'unreachable';
    const left = leaves.group.leave(leaves);
    leaves.handlers.splice(0).forEach((end) => end());
    await world.pass(100);
    await left;
    world.outage = 'none';
    const next = world.join();
    await world.pass(LEASE_MS + 50);
    expect(next.reading.size).toBe(2);
  });
});
