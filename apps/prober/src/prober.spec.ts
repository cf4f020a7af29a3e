import type { RequestListener } from 'node:http';
import { Registry } from 'prom-client';
import { OUTCOMES, type Outcome, type ProbeBatch, type Scenario } from '#contracts';
import { arrivalsBefore } from '#scenario';
import { AllowedRange } from '#runtime';
import { EventBuilder, ManualTime, buildScenario } from '#testing';
import { GameWatcher } from './game-watcher.js';
import { GuardedAddressBook } from './http/address-book.js';
import { AddressGuard } from './http/address-guard.js';
import { systemNames } from './dns/index.js';
import { createProberMetrics } from './metrics.js';
import { PROBER_DEFAULTS, Prober, type ProberOptions } from './prober.js';
import { HttpServers } from './testing/http-server.js';

const START = 1_700_000_010_000;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await servers.closeAll();
});

const servers = new HttpServers();
const http = (handler: RequestListener): Promise<string> => servers.listen(handler);

interface Row {
  team: string;
  service: string;
  intendedAt: number;
  outcome: Outcome;
  latencyMs: number;
}

/** A prober on the test's own time; the services that it calls are real. */
class Game {
  readonly clock = new ManualTime(START - 1_000);
  readonly events = new EventBuilder('g');
  readonly batches: ProbeBatch[] = [];
  readonly prober: Prober;
  readonly watcher: GameWatcher;
  /** Total time that the event loop was busy with other work; the rest of the time it waited. */
  stalledMs = 0;

  constructor(
    readonly scenario: Scenario,
    options: Partial<ProberOptions> = {},
  ) {
    const guard = new AddressGuard({ allow: [AllowedRange.parse('127.0.0.0/8')], deniedOrigins: [] });
    const names = systemNames({ servers: [], ingestUrl: 'http://127.0.0.1' }, this.clock);
    const book = new GuardedAddressBook(guard, names.of('team'));
    let uuids = 0;
    this.prober = new Prober(
      { ...PROBER_DEFAULTS, gameId: 'g', proberId: 'p', epoch: 1, ...options },
      {
        clock: this.clock,
        uuid: () => `uuid-${uuids++}`,
        loop: {
          idleUs: () => (this.clock.nowMs() - this.stalledMs) * 1000,
          afterRound: setImmediate,
        },
        net: { bookOf: () => book, userAgent: 'payday/test' },
        metrics: createProberMetrics(new Registry()),
      },
    );
    this.watcher = new GameWatcher('g', this.prober);
    this.watcher.handle(this.events.created(scenario));
    closing.push(() => this.prober.close());
  }

  team(id: string, endpoints: Record<string, string | null> = {}): this {
    this.watcher.handle(this.events.team(id));
    for (const [serviceId, url] of Object.entries(endpoints)) this.endpoint(id, serviceId, url);
    return this;
  }

  endpoint(teamId: string, serviceId: string, url: string | null): void {
    this.watcher.handle(this.events.make('dev.payday.endpoint.changed', { teamId, serviceId, url }));
  }

  schedule(): this {
    const endsAt = START + this.scenario.durationMs;
    this.watcher.handle(this.events.make('dev.payday.game.scheduled', { startsAt: START, endsAt }));
    this.prober.start();
    return this;
  }

  /** Advances time in steps to `toMs` after the start; due answers can arrive before each step. */
  async runTo(toMs: number, stepMs = 5): Promise<this> {
    while (this.clock.nowMs() < START + toMs) {
      this.clock.advance(Math.min(stepMs, START + toMs - this.clock.nowMs()));
      this.prober.tick();
      this.prober.rest();
      if (this.clock.nowMs() % 50 === 0) this.batches.push(...this.prober.drain());
      await turn();
    }
    return this;
  }

  /** Stalls the process, then takes a step. */
  stall(ms: number): this {
    this.stalledMs += ms;
    this.clock.advance(ms);
    this.prober.tick();
    this.prober.rest();
    return this;
  }

  /** Waits, with game time stopped, until at most this many requests are unanswered. */
  async settle(left = 0): Promise<this> {
    while (this.prober.inFlight > left) await turn();
    this.batches.push(...this.prober.drain());
    return this;
  }

  rows(): Row[] {
    return this.batches.flatMap((batch) =>
      Array.from(batch.offsetMs, (offset, i) => ({
        team: batch.teamId,
        service: batch.serviceId,
        intendedAt: batch.baseIntendedAtMs + offset - START,
        outcome: OUTCOMES[batch.outcome[i]!]!,
        latencyMs: batch.latencyUs[i]! / 1000,
      })),
    );
  }

  outcomes(team: string, service = 'router'): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const row of this.rows())
      if (row.team === team && row.service === service) counts[row.outcome] = (counts[row.outcome] ?? 0) + 1;
    return counts;
  }

  promise(team: string): number {
    return (this.batches.filter(({ teamId }) => teamId === team).at(-1)?.watermarkMs ?? START) - START;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const slow = buildScenario({
  load: [{ atMs: 0, label: 'Opening', requestsPerSecond: { router: 10, catalog: 10 }, rampMs: 0 }],
});
const due = (scenario: Scenario, ms: number): number => arrivalsBefore(scenario, 'router', ms);

describe('Prober', () => {
  it('plays a game: one result per arrival, no watermark violated, one watermark beyond the end', async () => {
    const url = await http((_req, res) => res.end('x'));
    const game = new Game(slow)
      .team('a', { router: url })
      .team('b', { router: url, catalog: url })
      .schedule();
    await game.runTo(19_999);
    await game.settle();
    await game.runTo(21_000);
    const total = due(slow, 20_000);
    expect(game.outcomes('a')).toEqual({ ok: total });
    expect(game.outcomes('a', 'catalog')).toEqual({ no_endpoint: total });
    expect(game.outcomes('b', 'catalog')).toEqual({ ok: total });
    for (const team of ['a', 'b']) {
      let watermark = 0;
      const own = game.batches.filter(({ teamId }) => teamId === team);
      expect(own.map(({ seq }) => seq)).toEqual(own.map((_, seq) => seq));
      for (const batch of own) {
        for (const offset of Array.from(batch.offsetMs))
          expect(batch.baseIntendedAtMs + offset).toBeGreaterThanOrEqual(watermark);
        expect(batch.watermarkMs).toBeGreaterThanOrEqual(watermark);
        watermark = batch.watermarkMs;
      }
      expect(game.promise(team)).toBeGreaterThan(20_000);
    }
    const sent = game.batches.length;
    await game.runTo(25_000, 50);
    expect(game.batches).toHaveLength(sent);
    expect(game.prober.tick()).toBe(20);
    game.prober.rest();
  });

  it('sends watermarks every 250 ms even without any result', async () => {
    const quiet = buildScenario({ load: [{ atMs: 0, label: 'Calm', requestsPerSecond: {}, rampMs: 0 }] });
    const game = new Game(quiet).team('a').schedule();
    await game.runTo(2_000);
    expect(game.batches.length).toBeGreaterThanOrEqual(8);
    expect(game.promise('a')).toBeGreaterThan(1_700);
  });

  it('makes a hanging team lose its own pay without disturbing others', async () => {
    const good = await http((_req, res) => res.end('x'));
    const bad = await http(() => {});
    const game = new Game(slow, { maxInFlight: 2, maxQueued: 3 });
    game.team('bad', { router: bad, catalog: bad }).team('good', { router: good, catalog: good }).schedule();
    await game.runTo(5_000);
    await game.settle(10);
    expect(game.outcomes('good')).toEqual({ ok: due(slow, 5_000) });
    expect(game.promise('good')).toBeGreaterThan(4_700);
    // Its own load did not fall: a due request past its deadline is a timeout.
    const { timeout = 0, ...others } = game.outcomes('bad');
    expect(others).toEqual({});
    expect(timeout).toBeGreaterThanOrEqual(due(slow, 4_000));
    expect(game.promise('bad')).toBeLessThanOrEqual(5_000);
    expect(game.promise('bad')).toBeGreaterThan(3_700);
    await game.runTo(6_100);
    const late = game.rows().filter(({ team, intendedAt }) => team === 'bad' && intendedAt < 5_000);
    expect(late).toHaveLength(2 * due(slow, 5_000));
    const samples = game.batches.flatMap(({ samples: list }) => list);
    expect(samples).toContainEqual(
      expect.objectContaining({
        checkId: 'home',
        request: 'GET /',
        expected: 'status 200 within 1000 ms',
        got: 'no answer within 1000 ms',
      }),
    );
  });

  it('charges no team for its own lateness, and records too much of it as a prober error', async () => {
    const url = await http((_req, res) => res.end('x'));
    const game = new Game(slow).team('a', { router: url, catalog: url }).schedule();
    await game.runTo(1_000);
    await game.settle();
    const before = game.rows().length;
    // Ticks 20 ms apart: requests are sent late, within bounds, which does not count as the team's latency.
    while (game.clock.nowMs() < START + 2_000) {
      await game.runTo(game.clock.nowMs() - START + 20, 20);
      await game.settle();
    }
    const punctual = game.rows().slice(before);
    expect(new Set(punctual.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
    expect(Math.max(...punctual.map(({ latencyMs }) => latencyMs))).toBe(0);
    // It stalls for 800 ms: whatever was due meanwhile gets a result that never scores.
    game.stall(800);
    await game.settle();
    const missed = game.rows().filter(({ intendedAt }) => intendedAt >= 2_001 && intendedAt < 2_740);
    expect(missed.length).toBeGreaterThan(8);
    expect(new Set(missed.map(({ outcome }) => outcome))).toEqual(new Set(['prober_error']));
  });

  it('does not blame a team for answers that waited while the prober stalled, nor forgive one that never answers', async () => {
    const waiting: (() => void)[] = [];
    const answers = await http((_req, res) => waiting.push(() => res.end('x')));
    const hangs = await http(() => {});
    const game = new Game(slow)
      .team('answers', { router: answers })
      .team('hangs', { router: hangs })
      .schedule();
    await game.runTo(500);
    const sent = game.prober.inFlight;
    expect(sent).toBeGreaterThan(0);
    while (waiting.length < sent / 2) await turn();
    // The answers arrive before the deadline but are read long after it.
    for (const answer of waiting) answer();
    game.stall(1_500);
    await game.settle(sent / 2);
    const early = (team: string): string[] =>
      game
        .rows()
        .filter((row) => row.team === team && row.service === 'router' && row.intendedAt <= 500)
        .map(({ outcome }) => outcome);
    expect(early('answers')).toEqual(Array(sent / 2).fill('prober_error'));
    expect(early('hangs')).toEqual([]);
    for (const _ of [1, 2]) {
      game.clock.advance(1);
      game.prober.tick();
      game.prober.rest();
      await turn();
    }
    await game.settle(2);
    expect(early('hangs')).toEqual(Array(sent / 2).fill('timeout'));
  });

  it('changes endpoints and adds teams in mid-game', async () => {
    const url = await http((req, res) => res.writeHead(req.url === '/' ? 200 : 404).end());
    const game = new Game(slow).team('a').schedule();
    await game.runTo(2_000);
    game.endpoint('a', 'router', url);
    game.team('b', { router: 'nonsense://x' });
    await game.runTo(6_000);
    game.endpoint('a', 'router', `${url}/base`);
    await game.settle();
    await game.runTo(8_000);
    await game.settle();
    const seen = game.rows().filter(({ team, service }) => team === 'a' && service === 'router');
    for (const { intendedAt, outcome } of seen)
      expect(outcome).toBe(intendedAt <= 2_000 ? 'no_endpoint' : intendedAt <= 6_000 ? 'ok' : 'bad_status');
    expect(seen).toHaveLength(due(slow, 8_000));
    expect(game.outcomes('b')).toEqual({ connect_error: due(slow, 8_000) - due(slow, 4_000) });
  });

  it('sends nothing during a pause except watermarks', async () => {
    const game = new Game(slow).team('a').schedule();
    await game.runTo(2_500);
    game.watcher.handle(
      game.events.make('dev.payday.game.paused', { fromAt: START + 4_000, reason: 'lunch' }),
    );
    await game.runTo(7_000);
    expect(game.rows().filter(({ intendedAt }) => intendedAt >= 4_000)).toEqual([]);
    expect(game.promise('a')).toBeGreaterThan(6_500);
    const resumed = { fromAt: START + 8_000, endsAt: START + 24_000 };
    game.watcher.handle(game.events.make('dev.payday.game.resumed', resumed));
    await game.runTo(25_000);
    expect(game.outcomes('a')).toEqual({ no_endpoint: due(slow, 20_000) });
  });

  it('begins after the start boundary after a restart, with watermarks from there on', async () => {
    const game = new Game(slow).team('a');
    game.clock.advanceTo(START + 5_500);
    game.schedule();
    await game.runTo(8_000);
    expect(Math.min(...game.rows().map(({ intendedAt }) => intendedAt))).toBeGreaterThanOrEqual(6_000);
    expect(game.batches[0]!.watermarkMs).toBeGreaterThanOrEqual(START + 5_700);
  });

  it('stops sending when too many results wait, records that, and drops results at the hard limit', async () => {
    let requests = 0;
    const url = await http((_req, res) => res.end(String(requests++)));
    const game = new Game(slow, { maxPendingResults: 20 })
      .team('a', { router: url, catalog: url })
      .schedule();
    await game.runTo(4_000);
    await game.settle();
    expect(requests).toBeLessThanOrEqual(24);
    expect(game.prober.pending).toBeLessThanOrEqual(26);
    expect(game.outcomes('a')['prober_error']).toBeGreaterThan(0);
    game.prober.settled(game.prober.pending);
    const before = requests;
    await game.runTo(5_000);
    await game.settle();
    expect(requests).toBeGreaterThan(before + 10);
  });

  it('calls a team as before when its name or ranking changes', () => {
    const crashes: unknown[] = [];
    const recordCrash = (...what: unknown[]): void => void crashes.push(what);
    const watcher = new GameWatcher('g', {
      created: recordCrash,
      teamAdded: recordCrash,
      endpointChanged: recordCrash,
      scheduleChanged: recordCrash,
    });
    const events = new EventBuilder('g');
    for (const event of [events.created(slow), events.team('a')]) watcher.handle(event);
    expect(crashes.splice(0)).toHaveLength(2);
    watcher.handle(events.teamChanged('a'));
    watcher.handle(events.teamChanged('b'));
    expect(crashes).toEqual([]);
  });

  it('ignores events of other games and duplicates', () => {
    const game = new Game(slow).team('a');
    const other = new EventBuilder('other').created(slow);
    game.watcher.handle(other);
    const added = game.events.team('b');
    game.watcher.handle(added);
    game.watcher.handle(added);
    const bad = game.events.make('dev.payday.game.paused', { fromAt: START, reason: '' });
    expect(() => game.watcher.handle(bad)).toThrow(/paused/);
  });
});
