import fc from 'fast-check';
import type { FaultInfo, TimelineEntry } from '#contracts';
import { EventBuilder, buildScenario, ManualTime } from '#testing';
import { MemoryChaosStore } from '../testing/memory-store.js';
import { OrchestratorProcess } from '../testing/process.js';
import { TeamWorld } from '../testing/team-world.js';

const START = 1_700_000_000_000;
const DURATION_MS = 60_000;
const PAUSE = { fromAt: START + 25_000, untilAt: START + 33_000 };
const TEAMS = ['fenrir', 'garm', 'hati'];

const NO_LIMITS = { maxTeams: 100, maxDurationMs: 3_600_000, cooldownMs: 0, maxActive: 1000 };
const TIMELINE: TimelineEntry[] = [
  entry('first', 5_000, 8_000, 'all'),
  { type: 'announcement', atMs: 6_000, id: 'news', text: 'News' },
  entry('second', 12_000, 20_000, 2),
  entry('across-the-pause', 24_000, 6_000, 1),
  entry('last', 50_000, 10_000, 'all'),
];

function entry(id: string, atMs: number, ttlMs: number, teams: 'all' | number): TimelineEntry {
  const label = `Trouble ${id}`;
  return { type: 'fault', atMs, id, kind: 'crash', serviceId: 'catalog', params: {}, ttlMs, teams, label };
}

/** The states that may follow a state. */
const NEXT: Record<string, readonly string[]> = {
  '': ['firing', 'reverted'],
  firing: ['active', 'reverting'],
  active: ['reverting'],
  reverting: ['reverted', 'stuck'],
  stuck: ['reverted'],
  reverted: [],
};

const anyDeath = fc.record({
  atCall: fc.integer({ min: 1, max: 60 }),
  afterwards: fc.boolean(),
  /** How long no process runs. */
  downMs: fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(25_000)),
});

/** Sum of the delays between attempts to fire; the driver of this test answers immediately. */
const FIRING_RETRIES_MS = 1_500;

/** Every published change of a fault, in order. */
function infos(store: MemoryChaosStore): FaultInfo[] {
  return store.events.flatMap((event) =>
    event.type === 'dev.payday.fault.changed' ? [event.data.fault] : [],
  );
}

describe('orchestrator, killed at any moment and restarted', () => {
  it('strikes at most once, ends every fault, and publishes a consistent history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyDeath, { maxLength: 8 }), async (deaths) => {
        const time = new ManualTime(START - 2_000);
        const store = new MemoryChaosStore();
        const driver = new TeamWorld(time);
        const events = new EventBuilder('game');
        const log = [
          events.created(buildScenario({ timeline: TIMELINE, durationMs: DURATION_MS, chaos: NO_LIMITS })),
          ...TEAMS.map((id) => events.team(id)),
          ...TEAMS.map((teamId) =>
            events.make('dev.payday.endpoint.changed', {
              ...{ teamId, serviceId: 'catalog', url: `http://${teamId}.test` },
            }),
          ),
          events.make('dev.payday.game.scheduled', { startsAt: START, endsAt: START + DURATION_MS }),
        ];
        const { fromAt, untilAt } = PAUSE;
        const endsAt = START + DURATION_MS + (untilAt - fromAt);
        const news = [
          { at: fromAt - 1_500, event: events.make('dev.payday.game.paused', { fromAt, reason: '' }) },
          { at: untilAt - 1_500, event: events.make('dev.payday.game.resumed', { fromAt: untilAt, endsAt }) },
        ];

        const world = { time, store, driver, log };
        const queue = [...deaths];
        let process = await new OrchestratorProcess(world, queue[0]).boot(log);
        while (time.nowMs() < endsAt + 5_000) {
          await time.pass(250);
          while (news[0] !== undefined && time.nowMs() >= news[0].at) {
            const { event } = news.shift()!;
            log.push(event);
            if (!process.dead) await process.orchestrator.handle(event);
          }
          if (!process.dead) continue;
          const until = time.nowMs() + queue.shift()!.downMs;
          if (news[0] !== undefined && until > news[0].at) await time.passTo(news[0].at);
          else await time.passTo(until);
          if (news[0] !== undefined && time.nowMs() >= news[0].at) log.push(news.shift()!.event);
          process = await new OrchestratorProcess(world, queue[0]).boot(log);
        }

        // The process after the last death lives long enough to finish.
        process.kill();
        await new OrchestratorProcess(world).boot(log);
        await time.pass(40_000);

        expect(driver.acting()).toEqual([]);
        const struck = driver.activations.map(({ faultId }) => faultId);
        expect(new Set(struck).size).toBe(struck.length);
        for (const { faultId, at, endedAt } of driver.activations) {
          const { atMs, ttlMs } = TIMELINE.find(({ id }) => faultId.startsWith(`${id}/`)) as {
            atMs: number;
            ttlMs: number;
          };
          const dueAt = START + atMs + (START + atMs >= fromAt ? untilAt - fromAt : 0);
          expect(at).toBeGreaterThanOrEqual(dueAt);
          expect(endedAt! - at).toBeLessThanOrEqual(ttlMs);
          expect(at).toBeLessThan(endsAt);
          // Nothing starts in the pause; a fault that started to fire before it is late by at most a few retries.
          const { startedAt } = infos(store).find(({ id }) => id === faultId)!;
          expect(startedAt >= fromAt && startedAt < untilAt).toBe(false);
          if (at >= fromAt && at < untilAt) expect(at - fromAt).toBeLessThan(FIRING_RETRIES_MS);
        }
        expect(store.events.map(({ sequence }) => sequence)).toEqual(store.events.map((_, i) => i + 1));
        const stories = new Map<string, FaultInfo[]>();
        for (const fault of infos(store)) stories.set(fault.id, [...(stories.get(fault.id) ?? []), fault]);
        for (const story of stories.values()) {
          story.forEach(({ state }, i) => expect(NEXT[story[i - 1]?.state ?? '']).toContain(state));
          expect(story.at(-1)!.state).toBe('reverted');
        }
        // Every strike was published before it happened.
        for (const id of struck) expect(stories.get(id)![0]!.state).toBe('firing');
        const told = store.events.filter(({ type }) => type === 'dev.payday.announcement.made');
        expect(told.length).toBeLessThanOrEqual(1);
        if (deaths.length === 0) expect([struck.length, told.length]).toEqual([9, 1]);
      }),
      { numRuns: 80, examples: [[[]]] },
    );
  });
});
