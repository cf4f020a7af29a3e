import type { GameEvent, ProbeBatch } from '#contracts';
import { EventBuilder, ScoreDriver, buildBatch, buildScenario, type PlainResult } from '#testing';
import { createState, restore, snapshot, step } from './core.js';
import type { ScoringInput } from './types.js';

const GAME = 'g';
const START = 1_700_000_000_000;

function startedGame(teams = ['ants']): { driver: ScoreDriver; events: EventBuilder } {
  const driver = new ScoreDriver();
  const events = new EventBuilder(GAME);
  driver.event(events.created(buildScenario()));
  for (const team of teams) driver.event(events.team(team));
  driver.event(events.make('dev.payday.game.scheduled', { startsAt: START, endsAt: START + 20_000 }));
  return { driver, events };
}

function result(atMs: number, overrides: Partial<PlainResult> = {}): PlainResult {
  return {
    teamId: 'ants',
    role: 'consumer',
    serviceId: 'catalog',
    counterpartyId: 'ants',
    intendedAt: START + atMs,
    latencyUs: 10_000,
    outcome: 'ok',
    ...overrides,
  };
}

let seq = 0;
function batch(results: PlainResult[], ids: Partial<Parameters<typeof buildBatch>[2]> = {}): ProbeBatch {
  return buildBatch(GAME, results, { proberId: 'p', epoch: 1, seq: seq++, ...ids });
}

beforeEach(() => {
  seq = 0;
});

describe('invariant 1: exactly once', () => {
  it('counts a batch once however often it is delivered, also across a restart', () => {
    const { driver } = startedGame();
    const sent = batch([result(100), result(200)]);
    driver.feed({ kind: 'batch', batch: sent });
    driver.feed({ kind: 'batch', batch: sent });
    driver.restart();
    driver.feed({ kind: 'batch', batch: sent });
    expect(driver.salary('ants')).toBe(14);
    expect(driver.duplicates).toBe(2);
  });

  it('treats the same seq from another prober or a new epoch as a different batch', () => {
    const { driver } = startedGame();
    driver.feed({ kind: 'batch', batch: batch([result(100)], { seq: 0 }) });
    driver.feed({ kind: 'batch', batch: batch([result(100)], { seq: 0, proberId: 'q' }) });
    driver.feed({ kind: 'batch', batch: batch([result(100)], { seq: 0, epoch: 2 }) });
    expect(driver.salary('ants')).toBe(21);
  });
});

test('a changed team keeps its money and results, also across a restart, and a change adds no team', () => {
  const { driver, events } = startedGame();
  driver.feed({ kind: 'batch', batch: batch([result(100)]) });
  const before = driver.entries();
  driver.scores.clear();
  const changed = events.teamChanged('ants');
  driver.event(changed);
  driver.event(events.teamChanged('bees'));
  expect(driver.entries()).toEqual(before);
  // There is no new score to publish.
  expect(driver.scores.size).toBe(0);
  driver.restart();
  driver.event(changed);
  driver.feed({ kind: 'batch', batch: batch([result(200)]) });
  driver.feed({ kind: 'batch', batch: batch([result(300, { teamId: 'bees', counterpartyId: 'bees' })]) });
  expect([driver.salary('ants'), driver.scores.has('bees')]).toEqual([14, false]);
});

describe('invariant 4: event time', () => {
  it('puts a result into the window of its intended time, start inclusive, end exclusive', () => {
    const { driver } = startedGame();
    driver.feed({ kind: 'batch', batch: batch([result(0), result(999), result(1000)]) });
    expect([...driver.entries()]).toEqual([
      ['ants|0|catalog|served|ants', { count: 2, cents: 14 }],
      ['ants|1|catalog|served|ants', { count: 1, cents: 7 }],
    ]);
  });

  it('closes a window by the watermark of the slowest living prober, and pays downtime only then', () => {
    const { driver } = startedGame();
    const failed = { outcome: 'connect_error' } as const;
    driver.feed({ kind: 'tick', nowMs: START + 5000 });
    driver.feed({
      kind: 'batch',
      batch: batch([result(100, failed), result(200, failed)], { watermarkMs: START + 900 }),
    });
    driver.feed({
      kind: 'batch',
      batch: batch([result(300, failed)], { proberId: 'q', watermarkMs: START + 5000 }),
    });
    expect(driver.entries().has('ants|0|catalog|downtime|ants')).toBe(false);
    driver.feed({ kind: 'batch', batch: batch([result(1500)], { watermarkMs: START + 1000 }) });
    expect(driver.entries().get('ants|0|catalog|downtime|ants')).toEqual({ count: 1, cents: -101 });
  });

  it.each([
    ['a watermark', 300_000, 100],
    ['a result and a watermark', 300_000, 300_000],
  ])(
    'does not let %s from the future advance time: windows close when they are over',
    (_, watermarkedMs, intendedMs) => {
      const { driver } = startedGame();
      const failed = { outcome: 'connect_error' } as const;
      driver.feed({ kind: 'tick', nowMs: START + 500 });
      driver.feed({
        kind: 'batch',
        batch: batch([result(100, failed), result(200, failed), result(intendedMs)], {
          watermarkMs: START + watermarkedMs,
        }),
      });
      const asOf = (): number => driver.scores.get('ants')!.asOf - START;
      expect(asOf()).toBe(500);
      expect(driver.entries().has('ants|0|catalog|downtime|ants')).toBe(false);
      driver.feed({ kind: 'tick', nowMs: START + 999 });
      expect([asOf(), driver.entries().has('ants|0|catalog|downtime|ants')]).toEqual([999, false]);
      driver.restart();
      // The watermark is kept, though, and applies up to the current time.
      driver.feed({ kind: 'tick', nowMs: START + 1000 });
      expect([asOf(), driver.entries().has('ants|0|catalog|downtime|ants')]).toEqual([1000, true]);
    },
  );

  it('stops waiting for a prober when its lease expires', () => {
    const { driver } = startedGame();
    const failed = { outcome: 'timeout' } as const;
    driver.feed({ kind: 'tick', nowMs: START });
    driver.feed({
      kind: 'batch',
      batch: batch([result(100, failed), result(200, failed)], { watermarkMs: START }),
    });
    driver.feed({ kind: 'tick', nowMs: START + 10_000 });
    driver.feed({ kind: 'batch', batch: batch([result(300)], { proberId: 'q', watermarkMs: START + 9000 }) });
    expect(driver.scores.get('ants')!.asOf).toBe(START);
    driver.feed({ kind: 'tick', nowMs: START + 15_001 });
    expect(driver.scores.get('ants')!.asOf).toBe(START + 9000);
    expect(driver.entries().has('ants|0|catalog|downtime|ants')).toBe(true);
  });

  it('revises a closed window when a result arrives late, and removes downtime that no longer applies', () => {
    const { driver } = startedGame();
    driver.feed({
      kind: 'batch',
      batch: batch([result(100), result(200, { outcome: 'timeout' })], { watermarkMs: START + 2000 }),
    });
    expect(driver.salary('ants')).toBe(7 - 11 - 101);
    driver.restart();
    driver.feed({ kind: 'batch', batch: batch(Array.from({ length: 18 }, (_, i) => result(300 + i))) });
    expect(driver.salary('ants')).toBe(19 * 7 - 11);
    expect(driver.late).toBe(18);
  });

  it('refuses batches after the seal and reports them', () => {
    const { driver, events } = startedGame();
    driver.event(events.make('dev.payday.game.sealed', { sealedAt: START + 30_000 }));
    driver.feed({ kind: 'batch', batch: batch([result(100)]) });
    expect(driver.refused.map(({ code }) => code)).toEqual(['sealed']);
    expect(driver.salary('ants')).toBe(0);
  });

  it('marks the last score of every team as final and includes windows that no watermark covered', () => {
    const { driver, events } = startedGame();
    driver.event(events.team('bees'));
    driver.event(events.team('never-probed'));
    const failed = { outcome: 'timeout' } as const;
    driver.feed({ kind: 'batch', batch: batch([result(100, failed), result(200, failed)]) });
    expect(driver.salary('ants')).toBe(2 * -11);
    expect([...driver.scores.values()].map(({ final }) => final)).toEqual([undefined, undefined, undefined]);
    driver.event(events.make('dev.payday.game.sealed', { sealedAt: START + 30_000 }));
    expect(driver.salary('ants')).toBe(2 * -11 - 101);
    expect([...driver.scores].map(([teamId, { final }]) => [teamId, final])).toEqual([
      ['ants', true],
      ['bees', true],
      ['never-probed', true],
    ]);
    const last = new Map(driver.scores);
    driver.restart();
    driver.feed({ kind: 'batch', batch: batch([result(300)]) }, { kind: 'tick', nowMs: START + 90_000 });
    expect(driver.scores).toEqual(last);
  });
});

describe('invariant 5: life-cycle changes', () => {
  it('takes back the pay of windows that turn out to be paused, and restores it when the pause was shorter', () => {
    const { driver, events } = startedGame();
    driver.feed({ kind: 'batch', batch: batch([result(1500), result(2500), result(3500)]) });
    driver.event(events.make('dev.payday.game.paused', { fromAt: START + 2000, reason: 'outage' }));
    expect(driver.salary('ants')).toBe(7);
    driver.restart();
    driver.event(events.make('dev.payday.game.resumed', { fromAt: START + 3000, endsAt: START + 21_000 }));
    expect(driver.salary('ants')).toBe(14);
  });

  it('scores a result after the old end once a pause has moved the end', () => {
    const { driver, events } = startedGame();
    driver.feed({ kind: 'batch', batch: batch([result(20_500)]) });
    expect(driver.salary('ants')).toBe(0);
    driver.event(events.make('dev.payday.game.paused', { fromAt: START + 5000, reason: 'lunch' }));
    driver.event(events.make('dev.payday.game.resumed', { fromAt: START + 7000, endsAt: START + 22_000 }));
    expect(driver.salary('ants')).toBe(7);
  });
});

describe('windows that a fault struck, with the policy pause', () => {
  const excuse = (fromMs: number, untilMs: number | null, overrides: { serviceId?: string } = {}) => ({
    excuseId: 'bad-switch/ants/catalog',
    teamId: 'ants',
    serviceId: 'catalog',
    fromAt: START + fromMs,
    untilAt: untilMs === null ? null : START + untilMs,
    reason: 'a broken switch',
    ...overrides,
  });
  const failed = { outcome: 'timeout' } as const;

  it("are left out of the team's pay for that service, and of no other", () => {
    const { driver, events } = startedGame(['ants', 'bees']);
    const watermarkMs = START + 5000;
    const send = (overrides: Partial<PlainResult>): void => {
      const results = [1100, 1200, 2100, 2200].map((at) => result(at, { ...failed, ...overrides }));
      driver.feed({ kind: 'batch', batch: batch(results, { watermarkMs }) });
    };
    send({});
    send({ serviceId: 'router' });
    send({ teamId: 'bees', counterpartyId: 'bees' });
    driver.event(events.make('dev.payday.windows.excused', excuse(1000, 2000)));
    expect([...driver.entries().keys()].sort()).toEqual(
      [
        'ants|2|catalog|failed|ants',
        'ants|2|catalog|downtime|ants',
        ...[1, 2].flatMap((window) => [
          `ants|${window}|router|failed|ants`,
          `ants|${window}|router|downtime|ants`,
          `bees|${window}|catalog|failed|bees`,
          `bees|${window}|catalog|downtime|bees`,
        ]),
      ].sort(),
    );
  });

  it('take back what was paid, and restore it when the excuse turns out to be shorter, also across a restart', () => {
    const { driver, events } = startedGame();
    driver.feed({ kind: 'batch', batch: batch([result(1500), result(2500), result(3500)]) });
    driver.event(events.make('dev.payday.windows.excused', excuse(2000, null)));
    expect(driver.salary('ants')).toBe(7);
    driver.restart();
    driver.event(events.make('dev.payday.windows.excused', excuse(2000, 3000)));
    expect(driver.salary('ants')).toBe(14);
    driver.restart();
    driver.feed({ kind: 'batch', batch: batch([result(2600), result(3600)]) });
    expect(driver.salary('ants')).toBe(21);
  });

  it('reach back to windows that are no longer in memory', () => {
    const { driver, events } = startedGame();
    driver.feed({ kind: 'batch', batch: batch([result(100, failed)]) });
    // A later result whose watermark closes and stores much earlier windows.
    driver.feed({
      kind: 'batch',
      batch: batch([result(19_000), result(90_000)], { watermarkMs: START + 90_000 }),
    });
    driver.event(events.make('dev.payday.windows.excused', excuse(0, 1000)));
    expect([...driver.entries().keys()]).toEqual(['ants|19|catalog|served|ants']);
    expect(driver.salary('ants')).toBe(7);
  });

  it("keep what another team's service answered to its customers, and its fees for other teams' customers", () => {
    const { driver, events } = startedGame(['ants', 'bees']);
    driver.event(events.make('dev.payday.windows.excused', excuse(0, null)));
    const fee = { role: 'provider', counterpartyId: 'bees' } as const;
    driver.feed({ kind: 'batch', batch: batch([result(100, { counterpartyId: 'bees' })]) });
    driver.feed({ kind: 'batch', batch: batch([result(100, fee)]) });
    driver.feed({ kind: 'batch', batch: batch([result(100, failed), result(150, failed)]) });
    expect([...driver.entries().keys()]).toEqual([
      'ants|0|catalog|served|bees',
      'ants|0|catalog|usage_fee|bees',
    ]);
  });

  it('do not excuse another team that relies on the service: that is its own risk', () => {
    const { driver, events } = startedGame(['ants', 'bees']);
    driver.event(events.make('dev.payday.windows.excused', excuse(0, null)));
    const relying = { ...failed, teamId: 'bees', counterpartyId: 'ants' } as const;
    driver.feed({ kind: 'batch', batch: batch([result(100, relying)]) });
    expect(driver.salary('bees')).toBe(-11);
  });

  it('do not change after the seal', () => {
    const { driver, events } = startedGame();
    driver.feed({ kind: 'batch', batch: batch([result(100, failed)]) });
    driver.event(events.make('dev.payday.game.sealed', { sealedAt: START + 30_000 }));
    driver.event(events.make('dev.payday.windows.excused', excuse(0, null)));
    expect(driver.salary('ants')).toBe(-11);
  });
});

describe('invariant 6: fairness', () => {
  it('never scores a prober error, whatever comes before and after it', () => {
    const { driver } = startedGame();
    const trouble = { outcome: 'prober_error' } as const;
    driver.feed({ kind: 'batch', batch: batch([result(100, trouble)]) });
    expect([...driver.entries()]).toEqual([['ants|0|catalog|unscored|ants', { count: 1, cents: 0 }]]);
    driver.feed({
      kind: 'batch',
      batch: batch([
        result(200, trouble),
        result(300),
        result(400, trouble),
        result(500),
        result(600, trouble),
      ]),
    });
    expect(Object.fromEntries(driver.entries())).toEqual({
      'ants|0|catalog|served|ants': { count: 2, cents: 14 },
      'ants|0|catalog|unscored|ants': { count: 4, cents: 0 },
    });
  });
});

describe('requests that were not scored', () => {
  const trouble = { outcome: 'prober_error' } as const;
  const own = 'ants|0|catalog|unscored|ants';
  const feed = (driver: ScoreDriver, ...results: PlainResult[]): void =>
    driver.feed({ kind: 'batch', batch: batch(results) });

  it('have a row that states their share of all requests and stays current as scored ones arrive', () => {
    const { driver } = startedGame();
    feed(driver, result(100, trouble), result(200));
    expect(driver.ledger.get(own)).toMatchObject({
      count: 1,
      cents: 0,
      histogram: null,
      samples: [],
      note: "1 of 2 requests (50.0 %) were not scored: trouble of the prober's own",
    });
    driver.restart();
    feed(driver, result(300), result(400, { outcome: 'timeout' }), result(500), result(600), result(700));
    expect(driver.ledger.get(own)!.note).toMatch(/^1 of 7 requests \(14\.2 %\) /);
  });

  it('are counted once, however often the batch arrives, and once for both sides of the market', () => {
    const { driver } = startedGame(['ants', 'bees']);
    const sent = batch([result(100, { ...trouble, counterpartyId: 'bees' })]);
    for (let n = 0; n < 3; n++) driver.feed({ kind: 'batch', batch: sent });
    feed(driver, result(100, { ...trouble, teamId: 'bees', role: 'provider', counterpartyId: 'ants' }));
    expect(Object.fromEntries(driver.entries())).toEqual({
      'ants|0|catalog|unscored|bees': { count: 1, cents: 0 },
    });
  });

  it('disappear with their window: in a pause, in an excuse, and after the end', () => {
    const { driver, events } = startedGame();
    feed(driver, ...[100, 5_100, 10_100].map((at) => result(at, trouble)));
    expect(driver.ledger.size).toBe(3);
    driver.event(
      events.make('dev.payday.windows.excused', {
        excuseId: 'f',
        teamId: 'ants',
        serviceId: 'catalog',
        fromAt: START,
        untilAt: START + 1_000,
        reason: 'a broken switch',
      }),
    );
    driver.event(events.make('dev.payday.game.paused', { fromAt: START + 5_000, reason: 'lunch' }));
    expect([...driver.ledger.keys()]).toEqual([]);
    driver.event(events.make('dev.payday.game.resumed', { fromAt: START + 6_000, endsAt: START + 21_000 }));
    expect([...driver.ledger.values()].map(({ windowStartAt }) => windowStartAt)).toEqual([START + 10_000]);
    driver.event(events.make('dev.payday.game.ended', { endsAt: START + 10_000 }));
    expect(driver.ledger.size).toBe(0);
    driver.event(events.make('dev.payday.game.sealed', { sealedAt: START + 30_000 }));
    expect(driver.scores.get('ants')!.requests).toEqual([
      { id: 'router', requests: 0, unscored: 0 },
      { id: 'catalog', requests: 0, unscored: 0 },
    ]);
  });

  it('change neither the status nor the clock of a service', () => {
    const { driver } = startedGame();
    feed(driver, ...[0, 1, 2, 3].map((second) => result(second * 1000)));
    const statuses = driver.scores.get('ants')!.services;
    feed(driver, ...[4, 5, 6, 7, 8].map((second) => result(second * 1000, trouble)));
    expect(driver.scores.get('ants')!.services).toEqual(statuses);
  });

  it('appear in the last score of every team and in none before it', () => {
    const { driver, events } = startedGame(['ants', 'bees']);
    feed(driver, result(100, trouble), result(200), result(300, { outcome: 'timeout' }));
    driver.restart();
    expect([...driver.scores.values()].map(({ requests }) => requests)).toEqual([undefined, undefined]);
    driver.event(events.make('dev.payday.game.ended', { endsAt: START + 20_000 }));
    driver.event(events.make('dev.payday.game.sealed', { sealedAt: START + 30_000 }));
    expect([...driver.scores.values()].map(({ requests }) => requests)).toEqual([
      [
        { id: 'router', requests: 0, unscored: 0 },
        { id: 'catalog', requests: 3, unscored: 1 },
      ],
      [
        { id: 'router', requests: 0, unscored: 0 },
        { id: 'catalog', requests: 0, unscored: 0 },
      ],
    ]);
  });
});

describe('pay', () => {
  it('pays by speed band, inclusive at its upper bound, nothing beyond the last', () => {
    const { driver } = startedGame();
    const latencies = [50_000, 50_001, 200_000, 200_001];
    driver.feed({ kind: 'batch', batch: batch(latencies.map((latencyUs) => result(100, { latencyUs }))) });
    expect(driver.entries().get('ants|0|catalog|served|ants')).toEqual({ count: 4, cents: 13 });
  });

  it('applies the service weight last, rounding towards negative infinity', () => {
    const { driver } = startedGame();
    const router = { serviceId: 'router' } as const;
    driver.feed({ kind: 'batch', batch: batch([result(100, router)]) });
    driver.feed({ kind: 'batch', batch: batch([result(100, { ...router, outcome: 'bad_status' })]) });
    expect(driver.entries().get('ants|0|router|served|ants')!.cents).toBe(10); // floor(7 × 1.5)
    expect(driver.entries().get('ants|0|router|failed|ants')!.cents).toBe(-17); // floor(−11 × 1.5)
  });

  it('pays both sides of the marketplace, each in its own ledger', () => {
    const { driver } = startedGame(['ants', 'bees']);
    driver.feed({ kind: 'batch', batch: batch([result(100, { counterpartyId: 'bees' })]) });
    driver.feed({
      kind: 'batch',
      batch: batch([result(100, { teamId: 'bees', role: 'provider', counterpartyId: 'ants' })]),
    });
    expect(driver.entries().get('ants|0|catalog|served|bees')!.cents).toBe(9); // floor(7 × 1.33)
    expect(driver.entries().get('bees|0|catalog|usage_fee|ants')!.cents).toBe(2);
  });
});

test('a sealed game keeps nothing that only a changeable game needs', () => {
  const events = new EventBuilder(GAME);
  const state = createState({ leaseMs: 15_000, owns: () => true });
  const feed = (...inputs: ScoringInput[]): void => void step(state, inputs);
  const startAndEnd = { startsAt: START, endsAt: START + 20_000 };
  for (const event of [
    events.created(buildScenario()),
    events.team('ants'),
    events.make('dev.payday.game.scheduled', startAndEnd),
  ])
    feed({ kind: 'event', event });
  // The usual case: watermarks close all windows before the game is sealed.
  feed({ kind: 'batch', batch: batch([result(19_900)], { watermarkMs: START + 20_000 }) });
  feed({ kind: 'event', event: events.make('dev.payday.game.sealed', { sealedAt: START + 21_000 }) });
  const team = state.games.get(GAME)!.teams.get('ants')!;
  expect([team.closedBelow, team.windows.size, team.seen.size]).toEqual([20, 0, 0]);
});

describe('what screens show', () => {
  it('calls a service down within two seconds of failing, and up again after it answers', () => {
    const { driver } = startedGame();
    const stateAt = (): string => driver.scores.get('ants')!.services.find((s) => s.id === 'catalog')!.state;
    const probe = (atMs: number, outcome: PlainResult['outcome']): void =>
      driver.feed({
        kind: 'batch',
        batch: batch([result(atMs, { outcome })], { watermarkMs: START + atMs }),
      });
    for (let at = 0; at < 5000; at += 250) probe(at, 'ok');
    expect(stateAt()).toBe('up');
    for (let at = 5250; at < 7000; at += 250) probe(at, 'connect_error');
    expect(stateAt()).toBe('down');
    expect(driver.scores.get('ants')!.payPerMinuteCents).toBeLessThan(7 * 4 * 60);
    for (let at = 7250; at < 9500; at += 250) probe(at, 'ok');
    expect(stateAt()).toBe('up');
  });

  it('reports a service without an endpoint as missing', () => {
    const { driver } = startedGame();
    driver.feed({ kind: 'batch', batch: batch([result(100, { outcome: 'no_endpoint' })]) });
    expect(driver.scores.get('ants')!.services.map((s) => s.state)).toEqual(['unknown', 'missing']);
  });

  it('keeps at most three samples of failures, the earliest, whatever the order', () => {
    const { driver } = startedGame();
    for (const at of [900, 100, 500, 300, 700]) {
      const failed = batch([result(at, { outcome: 'bad_status' })]);
      failed.samples.push({ index: 0, checkId: 'home', request: 'GET /', expected: '200', got: '500' });
      driver.feed({ kind: 'batch', batch: failed });
    }
    const row = driver.ledger.get('ants|0|catalog|failed|ants')!;
    expect(row.samples.map((s) => s.intendedAt - START)).toEqual([100, 300, 500]);
  });
});

describe('bad input', () => {
  it('cannot bloat the stored state: batches of a game without a start time are parked up to a bound', () => {
    const events = new EventBuilder(GAME);
    const state = createState({ leaseMs: 15_000, owns: () => true });
    const inputs: ScoringInput[] = [events.created(buildScenario()), events.team('ants')].map((event) => ({
      kind: 'event',
      event,
    }));
    const { refused } = step(state, inputs);
    const many = Array.from({ length: 60_000 }, () => result(100));
    for (let i = 0; i < 80; i++)
      refused.push(...step(state, [{ kind: 'batch', batch: batch(many) }]).refused);
    expect(snapshot(state).length).toBeLessThan(20_000_000);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['too_many_parked']));
    const startAndEnd = { startsAt: START, endsAt: START + 20_000 };
    const again = restore(snapshot(state), state.options);
    const { counters } = step(again, [
      { kind: 'event', event: events.make('dev.payday.game.scheduled', startAndEnd) },
    ]);
    expect(counters.batches + refused.length).toBe(80);
  });

  it('refuses a service that is not in the scenario', () => {
    const { driver } = startedGame();
    driver.feed({ kind: 'batch', batch: batch([result(100, { serviceId: 'nope' })]) });
    expect(driver.refused.map(({ code }) => code)).toEqual(['unknown_service']);
  });

  it('ignores a redelivered game event', () => {
    const { driver, events } = startedGame();
    const gift: GameEvent = events.make('dev.payday.adjustment.made', {
      adjustmentId: 'a',
      teamId: 'ants',
      cents: 500,
      reason: 'best costume',
      effectiveAt: START,
    });
    driver.event(gift);
    driver.event(gift);
    expect(driver.salary('ants')).toBe(500);
  });
});
