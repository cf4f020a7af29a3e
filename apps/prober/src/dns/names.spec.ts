import fc from 'fast-check';
import { ManualTime, settled } from '#testing';
import type { Answer, LookupClient, Resolution, Trouble } from './answer.js';
import { LOOKUP_TIMEOUT_MS } from './system-names.js';
import { Names } from './names.js';
import { NAMES_DEFAULTS } from './team-names.js';

type Reply = 'found' | 'none' | Trouble;
const TROUBLES: Trouble[] = ['SERVFAIL', 'REFUSED', 'no answer', 'bad answer', 'unreachable'];
const ADDRESSES = [{ address: '10.0.0.1', family: 4 as const }];
const CANARY = 'canary.platform';

/** Names whose answers a test decides at every instant. An answer takes 10 ms, a missing one the whole timeout. */
class World {
  readonly time = new ManualTime(0);
  readonly names: Names;
  readonly asked: string[] = [];
  /** When each name was last found. */
  readonly foundAt = new Map<string, number>();

  constructor(
    private readonly reply: (name: string, nowMs: number) => Reply,
    canary: 'none' | 'decides' | 'helps' = 'none',
  ) {
    const { time } = this;
    const client: LookupClient = {
      lookup: (name) =>
        new Promise((resolve) => {
          this.asked.push(name);
          const reply = this.reply(name, time.monotonicMs());
          time.after(reply === 'no answer' ? LOOKUP_TIMEOUT_MS : 10, () => {
            if (reply === 'found') this.foundAt.set(name, time.monotonicMs());
            resolve(answer(name, reply));
          });
        }),
    };
    this.names = new Names({
      time,
      makeClient: () => client,
      canary: canary === 'none' ? null : CANARY,
      canaryDecides: canary === 'decides',
    });
  }

  /** The result of a lookup for a request now, once it is available. */
  async result(teamId: string, name: string): Promise<Resolution> {
    let result: Resolution | undefined;
    void this.names
      .of(teamId)
      .resolve(name)
      .then((found) => (result = found));
    for (;;) {
      await settled();
      if (result !== undefined) return result;
      await this.time.pass(10);
    }
  }
}

function answer(name: string, reply: Reply): Answer {
  if (reply === 'found') return { kind: 'found', addresses: ADDRESSES };
  if (reply === 'none') return { kind: 'none', got: `${name}: NXDOMAIN` };
  return { kind: 'trouble', trouble: reply, got: `${name}: ${reply}` };
}

/** What a request that is due now gets; `null` if the lookup is in progress, since this does not wait. */
function atOnce(world: World, teamId: string, name: string): Resolution | null {
  const found = world.names.of(teamId).peek(name);
  if (found === undefined) void world.names.of(teamId).resolve(name);
  return found ?? null;
}

const outcome = (found: Resolution | null): string =>
  found === null ? 'waits' : 'outcome' in found ? found.outcome : 'address';

describe('Names', () => {
  it('resolves an address to itself', async () => {
    const world = new World(() => 'none');
    expect(world.names.of('a').peek('10.1.2.3')).toEqual({
      addresses: [{ address: '10.1.2.3', family: 4 }],
    });
    expect(await world.names.of('a').resolve('[FD12::1]')).toEqual({
      addresses: [{ address: 'fd12::1', family: 6 }],
    });
    expect(world.asked).toEqual([]);
  });

  it('looks up a name once for many requests, and keeps a name in use fresh in the background', async () => {
    const world = new World(() => 'found');
    const team = world.names.of('a');
    expect(team.peek('x')).toBeUndefined();
    const all = Promise.all([team.resolve('x'), team.resolve('x'), team.resolve('x')]);
    await world.time.pass(10);
    await all;
    expect(world.asked).toEqual(['x']);
    for (let i = 0; i < 600; i++) {
      expect(outcome(atOnce(world, 'a', 'x'))).toBe('address');
      await world.time.pass(100);
    }
    expect(world.asked.length).toBeGreaterThan(15);
    expect(world.asked.length).toBeLessThan(25);
  });

  it('forgets an unused name', async () => {
    const world = new World(() => 'found');
    await world.result('a', 'x');
    await world.time.pass(NAMES_DEFAULTS.activeForMs + 10_000);
    const before = world.asked.length;
    await world.time.pass(600_000);
    expect(world.asked.length).toBe(before);
  });

  it('follows within three seconds a name that moves, and one that no longer exists', async () => {
    let reply: Reply = 'found';
    const world = new World(() => reply);
    await world.result('a', 'x');
    reply = 'none';
    await world.time.pass(NAMES_DEFAULTS.refreshAfterMs + 20);
    expect(await world.result('a', 'x')).toEqual({ outcome: 'connect_error', got: 'x: NXDOMAIN' });
    // A short negative answer costs one second.
    reply = 'found';
    expect(outcome(atOnce(world, 'a', 'x'))).toBe('connect_error');
    await world.time.pass(NAMES_DEFAULTS.notFoundForMs);
    expect(await world.result('a', 'x')).toEqual({ addresses: ADDRESSES });
  });

  it.each(TROUBLES)(
    'blames the team for %s: the address is valid for five seconds, like any other',
    async (trouble) => {
      let reply: Reply = 'found';
      const world = new World((name) => (name === 'x' ? reply : 'found'));
      await world.result('b', 'y');
      await world.result('a', 'x');
      reply = trouble;
      const seen: string[] = [];
      for (let ms = 0; ms < 10_000; ms += 250) {
        seen.push(outcome(atOnce(world, 'a', 'x')));
        await world.time.pass(250);
      }
      expect(seen.slice(0, 19).every((each) => each === 'address')).toBe(true);
      expect(seen.slice(21)).not.toContain('address');
      expect(seen).toContain('connect_error');
      expect(seen).not.toContain('prober_error');
    },
  );

  it('ignores a canary that was never found', async () => {
    const world = new World(() => 'SERVFAIL', 'decides');
    expect(await world.result('a', 'x')).toMatchObject({ outcome: 'connect_error' });
    const found = world.names.checkCanary();
    await world.time.pass(20);
    expect(await found).toBe(false);
  });
});

/** A reply for each second, chosen by the team. */
const tricks = fc.array(fc.constantFrom<Reply>('found', 'none', ...TROUBLES), {
  minLength: 30,
  maxLength: 30,
});

describe('one team cannot produce the excuse', () => {
  const canaries = fc.constantFrom('none' as const, 'decides' as const, 'helps' as const);

  it('with any answers of any of its names, even with up to half of the others', async () => {
    await fc.assert(
      fc.asyncProperty(
        canaries,
        fc.integer({ min: 1, max: 8 }),
        fc.array(tricks, { minLength: 9, maxLength: 9 }),
        fc.nat(8),
        async (canary, others, plays, wish) => {
          // More than half of the others would be a majority; a single other team is never enough.
          const accomplices = Math.min(wish, Math.max(1, Math.floor(others / 2)));
          const teams = Array.from({ length: others + 1 }, (_, i) => `t${i}`);
          const isHostile = (name: string): boolean => Number(name.slice(1)) <= accomplices;
          const world = new World((name, nowMs) => {
            if (name === CANARY || !isHostile(name)) return 'found';
            const play = plays[Number(name.slice(1))]!;
            return play[Math.floor(nowMs / 1_000) % play.length]!;
          }, canary);
          const check = world.names.checkCanary();
          await world.time.pass(20);
          await check;
          await Promise.all(
            teams
              .slice(accomplices + 1)
              .map((team) => world.names.of(team).resolve(team))
              .concat([world.time.pass(20) as never]),
          );
          for (let ms = 0; ms < 30_000; ms += 250) {
            for (const team of teams) {
              const found = outcome(atOnce(world, team, team));
              expect(found).not.toBe('prober_error');
              // What it earns from an old address is bounded by the lifetime of an address.
              if (found === 'address')
                expect(world.time.monotonicMs() - world.foundAt.get(team)!).toBeLessThan(
                  NAMES_DEFAULTS.foundForMs,
                );
              if (!isHostile(team)) expect(found).toBe('address');
            }
            await world.time.pass(250);
          }
          world.names.close();
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe('trouble of the resolver itself', () => {
  const cases = fc.record({
    canary: fc.constantFrom('none' as const, 'decides' as const, 'helps' as const),
    trouble: fc.constantFrom(...TROUBLES),
    others: fc.integer({ min: 2, max: 8 }),
    /** When each team's name was first looked up, so that refreshes fall on any instant. */
    phases: fc.array(fc.nat(3_000), { minLength: 9, maxLength: 9 }),
  });

  it('is no team’s failure: addresses are kept for a minute, then nothing is scored', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ canary, trouble, others, phases }) => {
        let isDown = false;
        const teams = Array.from({ length: others + 1 }, (_, i) => `t${i}.example`);
        const world = new World(() => (isDown ? trouble : 'found'), canary);
        const check = world.names.checkCanary();
        for (let ms = 0; ms <= 6_000; ms += 50) {
          teams.forEach((team, i) => {
            if (ms >= phases[i]!) atOnce(world, team, team);
          });
          await world.time.pass(50);
        }
        await check;
        isDown = true;
        const downAt = world.time.monotonicMs();
        for (let ms = 0; ms < 70_000; ms += 250) {
          for (const team of teams) {
            const found = outcome(atOnce(world, team, team));
            expect(found).not.toBe('connect_error');
            const age = world.time.monotonicMs() - world.foundAt.get(team)!;
            if (found === 'address') expect(age).toBeLessThan(NAMES_DEFAULTS.keptForMs + 2_000);
            if (world.time.monotonicMs() - downAt > 66_000) expect(found).not.toBe('address');
          }
          await world.time.pass(250);
        }
        isDown = false;
        await world.time.pass(3_000);
        for (const team of teams) expect(await world.result(team, team)).toEqual({ addresses: ADDRESSES });
        world.names.close();
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it('shows in a canary even with a single team, and only while it lasts', async () => {
    let isDown = false;
    const world = new World((name) => (isDown || name === 'dead' ? 'SERVFAIL' : 'found'), 'decides');
    const check = world.names.checkCanary();
    await world.time.pass(20);
    await check;
    expect(await world.result('a', 'dead')).toMatchObject({ outcome: 'connect_error' });
    isDown = true;
    await world.time.pass(1_000);
    expect(await world.result('a', 'dead')).toEqual({
      outcome: 'prober_error',
      got: 'dead: SERVFAIL; the resolver fails for canary.platform: SERVFAIL',
    });
    expect(world.names.trouble).toMatch(/canary\.platform/);
    isDown = false;
    await world.time.pass(1_100);
    expect(world.names.trouble).toBeNull();
    expect(await world.result('a', 'dead')).toMatchObject({ outcome: 'connect_error' });
  });

  it('does not show in names of the same domain, nor in a different kind of trouble', async () => {
    const kinds: Record<string, Reply> = { 'y.x.example': 'SERVFAIL', 'z.x.example': 'SERVFAIL' };
    const world = new World((name) => kinds[name] ?? 'SERVFAIL');
    await world.result('y', 'y.x.example');
    await world.result('z', 'z.x.example');
    expect(await world.result('x', 'x.example')).toMatchObject({ outcome: 'connect_error' });
    expect(await world.result('w', 'other.example')).toMatchObject({
      outcome: 'prober_error',
      got: expect.stringMatching(/SERVFAIL for the names of 3 of 3 other teams/),
    });
    const mixed = new World((name) => (name === 'w' ? 'REFUSED' : 'SERVFAIL'));
    for (const team of ['x', 'y', 'w']) await mixed.result(team, team);
    expect(await mixed.result('w', 'w')).toMatchObject({ outcome: 'connect_error' });
  });
});
