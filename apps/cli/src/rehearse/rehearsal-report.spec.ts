import type { FaultState, GameEvent, TeamInfo, UnscoredReport } from '#contracts';
import { parseScenario } from '#scenario';
import { EventBuilder } from '#testing';
import { rehearsalReport, windowKey, type RehearsalFacts } from './rehearsal-report.js';
import { usualSpeed } from './rehearse.js';

const START = 1_700_000_000_000;
const scenario = parseScenario(
  `name: Tiny
duration: 60s
services: [{ id: router, checks: [{ id: front, request: { path: / } }] }]
pay: { window: 10s }
load:
  - { at: 0, label: Nothing, requestsPerSecond: { router: 0 } }
  - { at: 10s, label: All day, requestsPerSecond: 2 }
timeline:
  - { at: 5s, announcement: Hello, id: hello }
  - { at: 20s, fault: crash, id: cable, service: router, ttl: 10s, teams: 1, label: Oh }
  - { at: 45s, fault: slow, id: scan, service: router, ttl: 10s, label: Oh, scoring: pause }
freeze: 50s
`,
  'tiny.yaml',
);
const TEAMS: TeamInfo[] = ['ants', 'bees'].map((id) => ({ id, name: id, color: '#fff', ranked: true }));
const WHOLE: FaultState[] = ['firing', 'active', 'reverting', 'reverted'];

/** A game as it should be; `change` spoils it. */
function facts(
  change: (game: {
    events: GameEvent[];
    fault(entry: string, team: string, states: FaultState[], detail?: string): GameEvent[];
    scored: Set<string>;
    lost: Set<string>;
    skipped: Map<string, string>;
    audit: { equal: boolean; sealed: boolean; unscored: UnscoredReport };
  }) => void = () => {},
): RehearsalFacts {
  const make = new EventBuilder('g');
  const fault = (entry: string, teamId: string, states: FaultState[], detail = ''): GameEvent[] => {
    const { atMs, ttlMs } = scenario.timeline.find(({ id }) => id === entry) as {
      atMs: number;
      ttlMs: number;
    };
    return states.map((state, index) => {
      const event = make.make('dev.payday.fault.changed', {
        fault: {
          id: `${entry}/${teamId}`,
          injectionId: entry,
          kind: entry === 'scan' ? 'slow' : 'crash',
          teamId,
          serviceId: 'router',
          label: 'Oh',
          state,
          detail,
          startedAt: START + atMs,
          expiresAt: START + atMs + ttlMs,
          // What is paused costs nothing.
          expectedCostCents: entry === 'scan' ? 0 : 9_000,
        },
      });
      return { ...event, time: START + atMs + (index < 2 ? index * 50 : ttlMs + index * 10) };
    });
  };
  const deployed = (teamId: string): GameEvent =>
    make.make('dev.payday.endpoint.changed', { teamId, serviceId: 'router', url: 'http://x.test' });
  const excused = (teamId: string): GameEvent =>
    make.make('dev.payday.windows.excused', {
      excuseId: `scan/${teamId}`,
      teamId,
      serviceId: 'router',
      fromAt: START + 40_000,
      untilAt: START + 60_000,
      reason: 'Oh',
    });
  const events = [
    ...TEAMS.map(({ id }) => deployed(id)),
    make.make('dev.payday.game.scheduled', { startsAt: START, endsAt: START + 60_000 }),
    make.make('dev.payday.announcement.made', { announcementId: 'hello', text: 'Hello' }),
    ...fault('cable', 'bees', WHOLE),
    ...fault('scan', 'ants', WHOLE),
    ...fault('scan', 'bees', WHOLE),
    excused('ants'),
    excused('bees'),
    make.make('dev.payday.game.frozen', { fromAt: START + 50_000 }),
    make.make('dev.payday.game.sealed', { sealedAt: START + 61_000 }),
  ];
  const scored = new Set(
    ['ants', 'bees'].flatMap((team) => [1, 2, 3].map((n) => windowKey(team, 'router', n))),
  );
  const counts = { requests: 1000, unscored: 10 };
  const audit = {
    equal: true,
    sealed: true,
    rows: 9,
    results: 99,
    differences: [],
    unscored: {
      total: { ...counts },
      teams: [{ teamId: 'ants', ...counts, services: [{ id: 'router', ...counts }] }],
      windows: [],
      windowsAbove: 0,
    },
  };
  const lost = new Set<string>();
  const skipped = new Map<string, string>();
  change({ events, fault, scored, lost, skipped, audit });
  return { scenario, teams: TEAMS, events, scored, lost, skipped, audit };
}

/** Names of the checks that failed, with what they found. */
function failed(change: Parameters<typeof facts>[0]): string[] {
  const report = rehearsalReport(facts(change));
  expect(report.ok).toBe(false);
  return report.checks.flatMap(({ name, ok, problems }) => {
    expect(problems.length > 0).toBe(!ok);
    return ok ? [] : [name];
  });
}
const without = (events: GameEvent[], is: (event: GameEvent) => boolean): void => {
  events.splice(0, events.length, ...events.filter((event) => !is(event)));
};
const isOf = (event: GameEvent, id: string): boolean =>
  event.type === 'dev.payday.fault.changed' && event.data.fault.id === id;

describe('what a rehearsal makes of requests that were not scored', () => {
  it('says how many they are, and is content at one per cent', () => {
    const report = rehearsalReport(facts());
    expect(report.unscored.total).toEqual({ requests: 1000, unscored: 10 });
    expect(report.warnings).toEqual([]);
    expect(report.checks).toContainEqual({
      name: 'requests that were not scored',
      ok: true,
      found: '10 of 1,000 requests (1.00 %)',
      problems: [],
    });
  });

  it('warns above it, and fails nothing: it is the machine, not the scenario', () => {
    const report = rehearsalReport(facts(({ audit }) => (audit.unscored.total.unscored = 11)));
    expect(report.ok).toBe(true);
    expect(report.warnings[0]).toMatch(/^WARNING: not scored .* 11 of 1,000 requests \(1\.10 %\)/);
  });

  it('tells a window that was lost to it from one that nobody probed', () => {
    const key = windowKey('ants', 'router', 1);
    const report = rehearsalReport(
      facts(({ scored, lost }) => {
        scored.delete(key);
        scored.delete(windowKey('bees', 'router', 1));
        lost.add(key);
      }),
    );
    expect(report.checks.flatMap(({ problems }) => problems)).toEqual([
      `no result was scored in the window ${key} (team, service, index): its requests met trouble of the prober’s own`,
      'no result was scored in the window bees router 1 (team, service, index)',
    ]);
  });
});

describe('what a rehearsal makes of a game', () => {
  it('finds a good one good', () => {
    const report = rehearsalReport(facts());
    expect(report.checks.flatMap(({ problems }) => problems)).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      // The first window has no customers.
      windows: { expected: 10, scored: 6, excused: 4 },
      faults: [
        { entryId: 'cable', expected: 1, fired: 1, confirmed: 1, gone: 1 },
        { entryId: 'scan', expected: 2, fired: 2, confirmed: 2, gone: 2 },
      ],
      chaos: { spread: { count: 1, dealtMs: 10_000, dealtCents: 9_000 }, typicalCents: 9_000 },
    });
  });

  it('sees a fault that never fired', () => {
    expect(failed(({ events }) => without(events, (event) => isOf(event, 'cable/bees')))).toEqual([
      'every fault fired',
      'every fault was confirmed',
      'every fault is verified gone',
    ]);
  });

  it('says why an entry was skipped', () => {
    const report = rehearsalReport(
      facts(({ events, skipped }) => {
        without(events, (event) => isOf(event, 'cable/bees'));
        skipped.set('cable', 'it was due 12 s ago');
      }),
    );
    expect(report.checks[0]!.problems).toEqual(['cable: 0 of 1 (skipped: it was due 12 s ago)']);
  });

  it('sees a fault that was never confirmed, and why', () => {
    const report = rehearsalReport(
      facts(({ events, fault }) => {
        without(events, (event) => isOf(event, 'cable/bees'));
        events.push(
          ...fault('cable', 'bees', ['firing', 'reverting', 'reverted'], 'could not be fired: no answer'),
        );
      }),
    );
    expect(report.checks.filter(({ ok }) => !ok).map(({ problems }) => problems)).toEqual([
      ['cable: 0 of 1 (could not be fired: no answer)'],
    ]);
  });

  it('sees a fault that is not gone, and one that was stuck for a while', () => {
    expect(
      failed(({ events, fault }) => {
        without(events, (event) => isOf(event, 'cable/bees'));
        events.push(...fault('cable', 'bees', ['firing', 'active', 'reverting']));
      }),
    ).toEqual(['every fault is verified gone']);
    expect(
      failed(({ events, fault }) => {
        without(events, (event) => isOf(event, 'cable/bees'));
        events.push(...fault('cable', 'bees', ['firing', 'active', 'reverting', 'stuck', 'reverted']));
      }),
    ).toEqual(['no fault was stuck']);
  });

  it('sees a window without results, unless it is excused', () => {
    expect(failed(({ scored }) => scored.delete(windowKey('ants', 'router', 2)))).toEqual([
      'windows scored = expected',
    ]);
  });

  it('sees an announcement that was not made, and a board that did not freeze', () => {
    expect(failed(({ events }) => without(events, ({ type }) => type.endsWith('announcement.made')))).toEqual(
      ['every announcement was made'],
    );
    expect(failed(({ events }) => without(events, ({ type }) => type.endsWith('game.frozen')))).toEqual([
      'the board froze at its time',
    ]);
  });

  it('sees a fault that is not paid and not excused', () => {
    expect(
      failed(({ events }) => without(events, ({ type }) => type === 'dev.payday.windows.excused')),
    ).toEqual(['what is not paid is excused', 'windows scored = expected']);
  });

  it('sees an audit that differs, and a game that was not sealed', () => {
    expect(failed(({ audit }) => (audit.equal = false))).toEqual(['the audit is equal']);
    expect(failed(({ audit }) => (audit.sealed = false))).toEqual(['the audit is equal']);
  });

  it('sees chaos that was not fair, in money', () => {
    const name = 'fairness: at most one typical fault apart';
    // One fault more on the same team: what it costs decides.
    const twice = (cents: number) =>
      rehearsalReport(
        facts(({ events, fault }) => {
          const later = fault('cable', 'bees', WHOLE).map((event) =>
            event.type === 'dev.payday.fault.changed'
              ? {
                  ...event,
                  data: {
                    fault: { ...event.data.fault, id: 'again/bees', expectedCostCents: cents },
                  },
                }
              : event,
          );
          events.push(...(later as GameEvent[]));
        }),
      ).checks.find((check) => check.name === name)!;
    expect(twice(0)).toMatchObject({
      ok: true,
      found: '$0.00 to $90.00 dealt per team; a typical fault costs $90.00',
    });
    expect(twice(30_000)).toMatchObject({ ok: false });
    expect(twice(30_000).problems[0]).toContain('the teams are $390.00 apart');
  });
});

it('chooses a speed at which the day takes minutes and the shortest fault some seconds', () => {
  const game = (durationMs: number, ttlMs: number) => ({
    durationMs,
    timeline: [{ ...scenario.timeline[1]!, ttlMs }] as typeof scenario.timeline,
  });
  expect(usualSpeed(game(4 * 3_600_000, 300_000))).toBe(60);
  expect(usualSpeed(game(4 * 3_600_000, 60_000))).toBe(24);
  expect(usualSpeed(game(60_000, 10_000))).toBe(1);
  expect(usualSpeed({ durationMs: 24 * 3_600_000, timeline: [] })).toBe(100);
});
