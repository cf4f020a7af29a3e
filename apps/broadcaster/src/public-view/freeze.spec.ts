import fc from 'fast-check';
import type { ServiceState, TeamScore, TickerEvent } from '#contracts';
import type { FrozenScore } from '#persistence';
import { MINUTE, START, SampleGame, statuses } from '../testing/sample-game.js';
import type { PublicState } from './game-board.js';
import { PublicView } from './public-view.js';

const FROZEN_AT = START + 2 * MINUTE;
const SEALED_AT = START + 5 * MINUTE + 1000;
const REVEALED_AT = SEALED_AT + MINUTE;
const TEAMS = ['a', 'b', 'c'];

const freeze = (game: SampleGame) => game.event('dev.payday.game.frozen', { fromAt: FROZEN_AT });
const seal = (game: SampleGame) => game.event('dev.payday.game.sealed', { sealedAt: SEALED_AT });
const reveal = (game: SampleGame) => game.event('dev.payday.game.revealed', { revealedAt: REVEALED_AT });
const settled = (salaries: Record<string, number>): FrozenScore[] =>
  Object.entries(salaries).map(([teamId, salaryCents]) => ({
    teamId,
    salaryCents,
    payPerMinuteCents: 60,
    oneMinuteCents: 50,
    fiveMinutesCents: 100,
  }));

function setUp() {
  const game = new SampleGame();
  const view = new PublicView();
  for (const event of game.opening(...TEAMS)) view.applyGameEvent(event);
  const salaries = (nowMs: number) =>
    Object.fromEntries(view.view(nowMs)!.standings.map((row) => [row.team.id, row.salaryCents]));
  return { game, view, salaries };
}

test('only statuses change from the boundary on; the reveal shows everything', () => {
  const { game, view, salaries } = setUp();
  for (const id of TEAMS) view.applyScore(game.score(id, 1, 100));
  view.applyGameEvent(freeze(game));
  expect(view.view(FROZEN_AT - 1)!.game).toMatchObject({ frozen: false, frozenAt: null });
  view.applyScore(game.score('a', 2, 150));
  expect(salaries(FROZEN_AT - 1)).toEqual({ a: 150, b: 100, c: 100 });
  expect(view.awaitsStandings(FROZEN_AT - 1)).toBe(null);

  view.applyScore(game.score('b', 2, 999, { services: statuses('down'), payPerMinuteCents: 5, trend: MUCH }));
  const frozen = view.view(FROZEN_AT)!;
  expect(frozen.game).toMatchObject({
    state: 'running',
    frozen: true,
    frozenAt: FROZEN_AT,
    revealedAt: null,
  });
  expect(frozen.standings.find((row) => row.team.id === 'b')).toMatchObject({
    salaryCents: 100,
    payPerMinuteCents: 0,
    trend: { oneMinuteCents: 0 },
    services: [{ state: 'down' }, { state: 'up' }],
  });
  expect(frozen.asOf).toBe(FROZEN_AT);

  expect(view.awaitsStandings(FROZEN_AT)).toEqual({ gameId: 'g1', frozenAt: FROZEN_AT });
  view.settle({ gameId: 'g1', frozenAt: FROZEN_AT }, settled({ a: 155, b: 105, c: 100 }), FROZEN_AT);
  expect(view.awaitsStandings(FROZEN_AT)).toBe(null);
  expect(salaries(FROZEN_AT + 1)).toEqual({ a: 155, b: 105, c: 100 });
  expect(view.view(FROZEN_AT + 1)!.standings[1]!.services).toEqual([
    { id: 'router', state: 'down', availabilityBp: null, p95Ms: null, requestsPerSecond: 0 },
    { id: 'catalog', state: 'up', availabilityBp: null, p95Ms: null, requestsPerSecond: 0 },
  ]);

  view.applyGameEvent(seal(game));
  for (const [id, cents] of Object.entries({ a: 150, b: 999, c: 100 }))
    view.applyScore(game.score(id, 3, cents, { final: true }));
  // Sealed means that the final scores have arrived, not that they are shown.
  expect(view.view(SEALED_AT)!.game.state).toBe('sealed');
  expect(salaries(SEALED_AT)).toEqual({ a: 155, b: 105, c: 100 });
  expect(told(view.view(SEALED_AT)!)).not.toContainEqual(expect.objectContaining({ winnerId: 'a' }));
  view.applyGameEvent(reveal(game));
  const after = view.view(REVEALED_AT)!;
  expect(after.game).toMatchObject({ frozen: false, frozenAt: null, revealedAt: REVEALED_AT });
  expect(salaries(REVEALED_AT)).toEqual({ b: 999, a: 150, c: 100 });
  expect(told(after)).toContainEqual({ kind: 'game_revealed', winnerId: 'b' });
  expect(told(after)).toContainEqual({ kind: 'game_frozen' });
  expect(told(after)).not.toContainEqual(expect.objectContaining({ kind: 'game_ended', winnerId: 'b' }));
});

test('final standings include unscored requests, frozen ones do not', () => {
  const { game, view } = setUp();
  const requests = [{ id: 'router', requests: 100, unscored: 2 }];
  const shown = (nowMs: number) => view.view(nowMs)!.standings.map((row) => row.requests);
  view.applyScore(game.score('a', 1, 100));
  view.applyGameEvent(freeze(game));
  view.applyScore(game.score('a', 2, 150, { requests }));
  expect(shown(FROZEN_AT)).toEqual([undefined, undefined, undefined]);
  view.settle({ gameId: 'g1', frozenAt: FROZEN_AT }, settled({ a: 101, b: 0, c: 0 }), FROZEN_AT);
  view.applyGameEvent(seal(game));
  expect(JSON.stringify(view.view(SEALED_AT))).not.toContain('unscored');
  view.applyGameEvent(reveal(game));
  expect(shown(REVEALED_AT)).toEqual([requests, undefined, undefined]);
});

test('a thaw shows everything again, and a second freeze is independent of the first', () => {
  const { game, view, salaries } = setUp();
  view.applyScore(game.score('a', 1, 100));
  view.view(START);
  view.applyGameEvent(freeze(game));
  view.applyScore(game.score('a', 2, 200));
  expect(salaries(FROZEN_AT)['a']).toBe(100);
  view.settle({ gameId: 'g1', frozenAt: FROZEN_AT }, settled({ a: 101 }), FROZEN_AT);
  view.applyGameEvent(game.event('dev.payday.game.thawed', { at: FROZEN_AT + 5000 }));
  expect(salaries(FROZEN_AT + 5000)['a']).toBe(200);
  const again = FROZEN_AT + 10_000;
  view.applyGameEvent(game.event('dev.payday.game.frozen', { fromAt: again }));
  view.applyScore(game.score('a', 3, 300));
  expect(salaries(again)['a']).toBe(200);
  expect(view.awaitsStandings(again)).toEqual({ gameId: 'g1', frozenAt: again });
  // Standings that were settled for another freeze or game, or too late, are not shown.
  view.settle({ gameId: 'g1', frozenAt: FROZEN_AT }, settled({ a: 1 }), again);
  view.settle({ gameId: 'g0', frozenAt: again }, settled({ a: 1 }), again);
  expect(salaries(again)['a']).toBe(200);
  const frozen = told(view.view(again)!).filter(({ kind }) => kind === 'game_frozen');
  expect(frozen).toHaveLength(2);
});

test('a freeze that is cancelled before it begins is never announced', () => {
  const { game, view } = setUp();
  view.applyGameEvent(freeze(game));
  view.applyGameEvent(game.event('dev.payday.game.thawed', { at: FROZEN_AT - 5000 }));
  expect(view.view(FROZEN_AT)!.game.frozen).toBe(false);
  expect(told(view.view(FROZEN_AT)!)).not.toContainEqual({ kind: 'game_frozen' });
});

test('a team that is changed during a freeze keeps its public score and live statuses', () => {
  const { game, view } = setUp();
  const much = { payPerMinuteCents: 77, trend: MUCH, services: statuses('down') };
  for (const [nth, id] of TEAMS.entries()) view.applyScore(game.score(id, 1, 100 - nth));
  view.applyGameEvent(freeze(game));
  view.view(FROZEN_AT - 1);
  view.applyScore(game.score('a', 2, 999, much));
  const rowsBefore = view.view(FROZEN_AT)!.standings;
  view.applyGameEvent(game.changed('a', { name: 'Renamed' }, FROZEN_AT + 1));
  const renamed = view.view(FROZEN_AT + 1)!.standings;
  expect(renamed[0]).toEqual({ ...rowsBefore[0], team: { ...rowsBefore[0]!.team, name: 'Renamed' } });
  expect(renamed[0]!.services[0]!.state).toBe('down');

  view.settle({ gameId: 'g1', frozenAt: FROZEN_AT }, settled({ a: 100, b: 99, c: 98 }), FROZEN_AT + 2);
  const [settledA] = view.view(FROZEN_AT + 2)!.standings;
  view.applyGameEvent(game.changed('a', { name: 'Renamed', ranked: false }, FROZEN_AT + 3));
  const unranked = view.view(FROZEN_AT + 3)!;
  expect(unranked.standings.map(({ team, rank, salaryCents }) => [team.id, rank, salaryCents])).toEqual([
    ['b', 1, 99],
    ['c', 2, 98],
    ['a', null, 100],
  ]);
  expect(unranked.standings[2]!.services).toEqual(settledA!.services);
  view.applyGameEvent(game.changed('a', { name: 'Renamed' }, FROZEN_AT + 4));
  expect(view.view(FROZEN_AT + 4)!.standings).toEqual([
    settledA,
    expect.objectContaining({ rank: 2 }),
    expect.objectContaining({ rank: 3 }),
  ]);
});

describe('noninterference', () => {
  const STATES: ServiceState[] = ['up', 'slow', 'failing', 'down', 'missing'];
  interface Numbers {
    salary: number;
    pay: number;
    minute: number;
    availability: number;
    p95: number;
  }
  const numbers = fc.record<Numbers>({
    salary: fc.integer({ min: -500, max: 500 }),
    pay: fc.integer({ min: -9000, max: 9000 }),
    minute: fc.integer({ min: -500, max: 500 }),
    availability: fc.integer({ min: 0, max: 10_000 }),
    p95: fc.integer({ min: 1, max: 900 }),
  });
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('score' as const),
        teamId: fc.constantFrom(...TEAMS, 'late'),
        router: fc.constantFrom(...STATES),
        afterMs: fc.integer({ min: 0, max: 9000 }),
        numbers,
        others: numbers,
        look: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('settle', 'team', 'change', 'fault', 'say'),
        afterMs: fc.integer({ min: 0, max: 9000 }),
        look: fc.boolean(),
      }),
    },
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  /** Plays a story up to the reveal. @returns the public output from the freeze on, and after the reveal */
  function play(steps: readonly Step[], which: 'numbers' | 'others', restartAt: number | null) {
    const { game, view: first } = setUp();
    let view = first;
    const history: ((into: PublicView) => void)[] = [];
    const happen = (event: ReturnType<typeof freeze>): void => {
      history.push((into) => into.applyGameEvent(event));
      view.applyGameEvent(event);
    };
    const latest = new Map<string, TeamScore>();
    const shown: PublicState[] = [];
    let nowMs = FROZEN_AT - 15_000;
    let commitSeq = 600;
    const settle = (into: PublicView): void => {
      const due = into.awaitsStandings(nowMs);
      if (due) into.settle(due, settled({ a: 7, b: 9, c: 5 }), nowMs);
    };
    const look = (): void => {
      const state = view.view(nowMs)!;
      if (nowMs >= FROZEN_AT) shown.push(structuredClone(state));
    };
    let isSealed = false;
    const close = (): void => {
      if (!isSealed) happen(seal(game));
      isSealed = true;
    };
    happen(freeze(game));
    steps.forEach((each, n) => {
      nowMs += each.afterMs;
      commitSeq += Math.ceil(each.afterMs / 100);
      if (nowMs >= SEALED_AT) close();
      if (n === restartAt && nowMs >= FROZEN_AT) {
        // A broadcaster that starts during the freeze gets all events, the committed scores, then the settled standings.
        view = new PublicView();
        for (const event of new SampleGame().opening(...TEAMS)) view.applyGameEvent(event);
        for (const score of latest.values()) view.applyScore(score);
        for (const apply of history) apply(view);
        settle(view);
      }
      if (each.kind === 'score') {
        const { salary, pay, minute, availability, p95 } = nowMs < FROZEN_AT ? each.numbers : each[which];
        const score = game.score(each.teamId, ++commitSeq, salary, {
          payPerMinuteCents: pay,
          trend: { oneMinuteCents: minute, fiveMinutesCents: 2 * minute },
          services: statuses(each.router).map((status) => ({
            ...status,
            availabilityBp: availability,
            p95Ms: p95,
          })),
        });
        latest.set(each.teamId, score);
        view.applyScore(score);
      } else if (each.kind === 'settle') settle(view);
      else if (each.kind === 'team') happen(game.team('late'));
      else if (each.kind === 'change')
        happen(game.changed(TEAMS[n % 3]!, { name: `Team ${n}`, ranked: n % 2 === 0 }, nowMs));
      else if (each.kind === 'fault') happen(game.fault('chaos', 'a', 'active', nowMs));
      else
        happen(
          game.event('dev.payday.announcement.made', { announcementId: `n${n}`, text: 'x' }, { time: nowMs }),
        );
      if (each.look) look();
    });
    nowMs = Math.max(nowMs, FROZEN_AT);
    look();
    close();
    nowMs = Math.max(nowMs, SEALED_AT);
    look();
    happen(reveal(game));
    nowMs = Math.max(nowMs, REVEALED_AT);
    return { shown, revealed: view.view(nowMs)!, latest };
  }
  test('pay earned after the freeze has no public effect until the reveal, which shows all of it', () => {
    let different = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 10, maxLength: 60 }),
        fc.option(fc.nat(60)),
        (steps, restartAt) => {
          const one = play(steps, 'numbers', restartAt);
          const other = play(steps, 'others', restartAt);
          expect(other.shown).toEqual(one.shown);
          for (const played of [one, other])
            for (const { team, salaryCents } of played.revealed.standings) {
              const latest = played.latest.get(team.id);
              if (latest !== undefined) expect([team.id, salaryCents]).toEqual([team.id, latest.salaryCents]);
            }
          if (JSON.stringify(one.revealed.standings) !== JSON.stringify(other.revealed.standings))
            different += 1;
        },
      ),
      { numRuns: 120 },
    );
    // The stories must differ, otherwise this would prove nothing.
    expect(different).toBeGreaterThan(20);
  });
});

const MUCH = { oneMinuteCents: 900, fiveMinutesCents: 900 };

function told(state: PublicState): TickerEvent[] {
  return state.ticker.map(({ event }) => event);
}
