import { setTimeout as sleep } from 'node:timers/promises';
import type { LeaseMember, LeaseStore } from '../dispatch/lease-store.js';

export interface LeaseStoreFixture {
  store: LeaseStore;
  /** Another store on the same medium, as in another process. */
  other: LeaseStore;
  /** Advances the store's own time. */
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

let groups = 0;

/** Declares the conformance suite of lease stores: one named test per guarantee of lease-store.ts. */
export function describeLeaseStore(name: string, factory: () => Promise<LeaseStoreFixture>): void {
  describe(`lease store: ${name}`, () => {
    let fixture: LeaseStoreFixture;
    let group: string;
    beforeAll(async () => {
      fixture = await factory();
    });
    afterAll(() => fixture?.dispose());
    beforeEach(() => {
      group = `g${++groups}`;
    });
    const as = (member: string): LeaseMember => ({ topic: 't', group, member });
    const renew = (store: LeaseStore, member: string, partitions: number[] = [], forMs = 60_000) =>
      store.renew(as(member), { partitions, forMs, leaving: false });
    const acquire = (store: LeaseStore, member: string, partitions: number[], forMs = 60_000) =>
      store.acquire(as(member), { partitions, forMs });

    it('a group begins empty; members appear in the order in which they joined', async () => {
      const { store, other } = fixture;
      expect(await renew(store, 'zoe')).toEqual({ members: ['zoe'], leases: [] });
      expect((await renew(other, 'amy')).members).toEqual(['zoe', 'amy']);
      expect((await renew(store, 'zoe')).members).toEqual(['zoe', 'amy']);
    });

    it('one owner: a lease goes to one of many concurrent requests', async () => {
      const { store, other } = fixture;
      const askers = Array.from({ length: 20 }, (_, i) => `m${i}`);
      const got = await Promise.all(
        askers.map((asker, i) => acquire(i % 2 === 0 ? store : other, asker, [0, 1, 2])),
      );
      expect(got.flat().sort()).toEqual([0, 1, 2]);
      const { leases } = await renew(store, 'm0');
      for (const { partition, owner, endsInMs } of leases) {
        expect(got[askers.indexOf(owner)]).toContain(partition);
        expect(endsInMs).toBeGreaterThan(55_000);
        expect(endsInMs).toBeLessThanOrEqual(60_000);
      }
      expect(leases).toHaveLength(3);
    });

    it('acquiring a lease again is harmless', async () => {
      const { store, other } = fixture;
      expect(await acquire(store, 'a', [1])).toEqual([1]);
      expect(await acquire(store, 'a', [1])).toEqual([1]);
      expect(await acquire(other, 'b', [1])).toEqual([]);
    });

    it('only the owner renews and releases', async () => {
      const { store, other } = fixture;
      await acquire(store, 'a', [0, 1], 60_000);
      const { leases } = await renew(other, 'b', [0, 1], 3_600_000);
      expect(leases.map(({ owner }) => owner)).toEqual(['a', 'a']);
      expect(Math.max(...leases.map(({ endsInMs }) => endsInMs))).toBeLessThanOrEqual(60_000);
      await other.release(as('b'), [0]);
      expect(await acquire(other, 'b', [0])).toEqual([]);
      await store.release(as('a'), [0, 7]);
      expect(await acquire(other, 'b', [0, 1])).toEqual([0]);
    });

    it('an expired member leaves the group, and its expired lease goes to the next request', async () => {
      const { store, other, pass } = fixture;
      await renew(store, 'dies', [], 300);
      await acquire(store, 'dies', [0], 300);
      expect(await acquire(other, 'b', [0])).toEqual([]);
      await pass(320);
      expect(await renew(other, 'b')).toEqual({ members: ['b'], leases: [] });
      expect(await acquire(other, 'b', [0])).toEqual([0]);
      const { leases } = await renew(store, 'dies', [0], 300);
      expect(leases.map(({ owner }) => owner)).toEqual(['b']);
    });

    it('a lease that was renewed lasts from the renewal', async () => {
      const { store, other, pass } = fixture;
      await acquire(store, 'a', [0], 300);
      await renew(store, 'a', [0], 60_000);
      await pass(320);
      expect(await acquire(other, 'b', [0])).toEqual([]);
    });

    it('a leaving member is removed from the group, but keeps its leases until it releases them', async () => {
      const { store, other } = fixture;
      await renew(store, 'a');
      await acquire(store, 'a', [0]);
      await renew(other, 'b');
      const state = await store.renew(as('a'), { partitions: [0], forMs: 60_000, leaving: true });
      expect(state.members).toEqual(['b']);
      expect(state.leases.map(({ owner }) => owner)).toEqual(['a']);
      expect(await acquire(other, 'b', [0])).toEqual([]);
    });

    it('groups and topics are apart', async () => {
      const { store } = fixture;
      await acquire(store, 'a', [0]);
      const b = { topic: 'u', group, member: 'b' };
      expect(await store.acquire(b, { partitions: [0], forMs: 60_000 })).toEqual([0]);
      expect((await store.renew(b, { partitions: [], forMs: 60_000, leaving: false })).members).toEqual([
        'b',
      ]);
    });

    it('a watcher learns of joins, leaves and released leases through any store', async () => {
      const { store, other } = fixture;
      let changes = 0;
      const end = other.watch('t', group, () => changes++);
      const hears = async (what: () => Promise<unknown>): Promise<void> => {
        const before = changes;
        // The first call may come before the watcher listens; a watch is only a hint, because renewals check anyway.
        for (let i = 0; changes === before; i++) {
          if (i === 100) throw new Error('no change arrived');
          await what();
          await sleep(20);
        }
      };
      await hears(async () => {
        await store.renew(as('a'), { partitions: [], forMs: 60_000, leaving: true });
        await renew(store, 'a');
      });
      await sleep(50);
      await hears(() => store.renew(as('a'), { partitions: [], forMs: 60_000, leaving: true }));
      await acquire(store, 'a', [0]);
      await sleep(50);
      await hears(() => store.release(as('a'), [0]));
      end();
      const before = changes;
      await renew(store, 'c');
      await sleep(50);
      expect(changes).toBe(before);
    });
  });
}
