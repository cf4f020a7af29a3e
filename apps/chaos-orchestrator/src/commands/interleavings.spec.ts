import fc from 'fast-check';
import type { FaultInfo } from '#contracts';
import { PaydayError } from '#kernel';
import { ANNA, BEN, Game, START, TEAMS, faultEntry } from '../testing/game.js';
import type { Activation } from '../testing/team-world.js';

const MAX_ACTIVE = 5;
const LIMITS = { maxTeams: 3, maxDurationMs: 15_000, cooldownMs: 2_000, maxActive: MAX_ACTIVE };
const TIMELINE = [
  faultEntry('all', 6_000, { ttlMs: 6_000, scoring: 'pause' }),
  faultEntry('two', 9_000, { ttlMs: 20_000, teams: 2, serviceId: 'router' }),
  faultEntry('one', 16_000, { ttlMs: 8_000, teams: 1 }),
  faultEntry('late', 30_000, { ttlMs: 5_000, teams: 3, scoring: 'pause' }),
];

type Step =
  | { do: 'wait'; ms: number }
  | { do: 'inject'; teams: number | string[]; serviceId: string; ttlMs: number; pause: boolean }
  | { do: 'stop'; teamId: string }
  | { do: 'stop-all' | 'pause' | 'resume' }
  | { do: 'repeat' }
  | { do: 'skip'; entryId: string }
  | { do: 'trouble'; kind: 'hanging' | 'failing' | 'stubborn'; teamId: string }
  | { do: 'mend' }
  /** Dies at one of its next calls of the database or a driver, before or after it takes effect, or immediately. */
  | { do: 'die'; atCall: number; afterwards: boolean; downMs: number };

type Command = Exclude<Step, { do: 'wait' | 'repeat' | 'trouble' | 'mend' | 'die' }>;

const team = fc.constantFrom(...TEAMS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 6_000 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('inject' as const),
      teams: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.subarray(TEAMS, { minLength: 1, maxLength: 3 })),
      serviceId: fc.constantFrom('catalog', 'router'),
      ttlMs: fc.integer({ min: 500, max: 16_000 }),
      pause: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant('stop' as const), teamId: team }),
  fc.record({ do: fc.constantFrom('stop-all' as const, 'pause' as const, 'resume' as const) }),
  fc.record({ do: fc.constant('repeat' as const) }),
  fc.record({ do: fc.constant('skip' as const), entryId: fc.constantFrom('all', 'two', 'one', 'late') }),
  fc.record({
    do: fc.constant('trouble' as const),
    kind: fc.constantFrom('hanging' as const, 'failing' as const, 'stubborn' as const),
    teamId: team,
  }),
  fc.record({ do: fc.constant('mend' as const) }),
  fc.record({
    do: fc.constant('die' as const),
    atCall: fc.nat(12),
    afterwards: fc.boolean(),
    downMs: fc.oneof(fc.constant(0), fc.nat(8_000)),
  }),
);

/** Plays the steps one after another without waiting, except for `wait` steps, so that commands overlap. */
class Play {
  readonly game = new Game(TIMELINE, { durationMs: 60_000, chaos: LIMITS });
  readonly answers = new Map<string, object>();
  readonly problems: string[] = [];
  private count = 0;
  private sent: { id: string; send: () => Promise<object> }[] = [];
  private downMs = 0;

  async run(steps: readonly Step[]): Promise<void> {
    await this.game.boot();
    await this.game.at(4_000);
    for (const each of steps) await this.playStep(each);
    await this.revive();
    for (const trouble of [this.game.driver.hanging, this.game.driver.failing, this.game.driver.stubborn])
      trouble.clear();
    await this.game.at(120_000);
    // The process after the last death finishes the work.
    this.game.process.kill();
    await this.game.boot();
    await this.game.time.pass(40_000);
  }

  private async playStep(step: Step): Promise<void> {
    const { game } = this;
    const { driver } = game;
    switch (step.do) {
      case 'wait':
        return this.pass(step.ms);
      case 'trouble':
        return void driver[step.kind].add(step.teamId);
      case 'mend':
        for (const trouble of [driver.hanging, driver.failing, driver.stubborn]) trouble.clear();
        return;
      case 'die':
        this.downMs = step.downMs;
        if (step.atCall === 0) game.process.kill();
        else game.process.dieAt(step);
        return;
      case 'repeat': {
        const last = this.sent.at(-1);
        if (last !== undefined) this.watch(last.id, last.send());
        return;
      }
      default: {
        const id = `c${++this.count}`;
        const send = this.sender(step, id);
        this.sent.push({ id, send });
        this.watch(id, send());
      }
    }
  }

  private sender(step: Command, commandId: string) {
    const meta = { commandId, actor: this.count % 2 === 0 ? ANNA : BEN };
    const ofGame = { ...meta, gameId: 'game' };
    return async (): Promise<object> => {
      const { commands } = this.game;
      switch (step.do) {
        case 'inject': {
          const { teams, serviceId, ttlMs, pause } = step;
          const request = this.game.request({ teams, serviceId, ttlMs, scoring: pause ? 'pause' : 'count' });
          return commands.inject({ ...meta, request });
        }
        case 'stop':
          return commands.stop({ teamId: step.teamId }, meta);
        case 'stop-all':
          return this.stopAll(meta);
        case 'pause':
          return commands.pauseTimeline(ofGame);
        case 'resume':
          return commands.resumeTimeline(ofGame);
        case 'skip':
          return commands.skipEntry({ ...ofGame, entryId: step.entryId });
      }
    };
  }

  /** A stop is answered in time; any fault that is active afterwards is on a team in trouble or was injected later. */
  private async stopAll(meta: { commandId: string; actor: typeof ANNA | typeof BEN }): Promise<object> {
    const { time, driver } = this.game;
    const askedAt = time.nowMs();
    const isNew = !this.answers.has(meta.commandId);
    const answer = await this.game.commands.stopAll(meta);
    if (time.nowMs() - askedAt > 2_000) this.problems.push(`stop-all took ${time.nowMs() - askedAt} ms`);
    if (!isNew) return answer;
    const unverified = new Set(answer.unverified.map(({ id }) => id));
    for (const { faultId, at, endedAt } of driver.activations)
      if (endedAt === null && at < askedAt && !unverified.has(faultId))
        this.problems.push(`${faultId} acts behind ${meta.commandId}`);
    return answer;
  }

  /** The same command has one answer; a refusal is a `PaydayError`. */
  private watch(id: string, answer: Promise<object>): void {
    answer.then(
      (result) => {
        const { recorded: _, ...told } = result as { recorded?: boolean };
        const before = this.answers.get(id);
        if (before === undefined) this.answers.set(id, structuredClone(told));
        else if (!('timeline' in told)) expect(told).toEqual(before);
      },
      (error: unknown) => {
        if (!(error instanceof PaydayError)) this.problems.push(`${id}: ${String(error)}`);
      },
    );
  }

  private async pass(ms: number): Promise<void> {
    const until = this.game.time.nowMs() + ms;
    while (this.game.time.nowMs() < until) {
      await this.game.time.pass(Math.min(250, until - this.game.time.nowMs()));
      await this.revive();
    }
  }

  private async revive(): Promise<void> {
    if (!this.game.process.dead) return;
    await this.game.time.pass(this.downMs);
    await this.game.boot();
    await this.game.time.pass(1);
  }
}

describe('commands, crashes and failing drivers, in any order', () => {
  it('leave nothing behind: every fault and excuse ends, limits hold, stops reach everything, commands are numbered', async () => {
    let stops = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 40 }), async (steps) => {
        const play = new Play();
        await play.run(steps);
        const { driver, store } = play.game;
        expect(play.problems).toEqual([]);
        expect(driver.acting()).toEqual([]);
        expect(mostAtOnce(driver.activations)).toBeLessThanOrEqual(MAX_ACTIVE);
        for (const { faultId } of driver.activations)
          expect(driver.activations.filter((other) => other.faultId === faultId)).toHaveLength(1);

        const last = new Map<string, FaultInfo>();
        const excused = new Map<string, number | null>();
        for (const event of store.events) {
          if (event.type === 'dev.payday.fault.changed') last.set(event.data.fault.id, event.data.fault);
          if (event.type === 'dev.payday.windows.excused')
            excused.set(event.data.excuseId, event.data.untilAt);
        }
        for (const { id, state } of last.values()) expect([id, state]).toEqual([id, 'reverted']);
        for (const [id, untilAt] of excused) {
          expect([id, untilAt]).not.toEqual([id, null]);
          expect((untilAt! - START) % 1000).toBe(0);
        }
        // Every strike was published, and excused if required.
        for (const { faultId } of driver.activations)
          expect(excused.has(faultId)).toBe(last.get(faultId)!.scoring === 'pause');

        expect(store.events.map(({ sequence }) => sequence)).toEqual(store.events.map((_, i) => i + 1));
        const ids = new Map<unknown, unknown>();
        for (const { action, details } of store.audit) {
          if (details['seq'] === undefined || action.endsWith('.reported')) continue;
          expect([...ids.values()]).not.toContain(details['commandId']);
          expect(ids.has(details['seq'])).toBe(false);
          ids.set(details['seq'], details['commandId']);
          if (action === 'chaos.stopped') stops++;
        }
      }),
      { numRuns: 150 },
    );
    expect(stops).toBeGreaterThan(0);
    // Every restart of every run wires a whole Nest application.
  }, 120_000);
});

function mostAtOnce(activations: readonly Activation[]): number {
  return Math.max(
    0,
    ...activations.map(
      ({ at }) => activations.filter((other) => other.at <= at && (other.endedAt ?? Infinity) > at).length,
    ),
  );
}
