import fc from 'fast-check';
import type { TeamScore, TickerEvent } from '#contracts';
import { MINUTE, START, SampleGame, statuses } from '../testing/sample-game.js';
import { PublicView } from './public-view.js';

function setUp(...teamIds: string[]) {
  const game = new SampleGame();
  const view = new PublicView();
  for (const event of game.opening(...teamIds)) view.applyGameEvent(event);
  const places = (nowMs = START) =>
    view.view(nowMs)!.standings.map((row) => [row.team.id, row.rank, row.salaryCents]);
  const told = (nowMs: number): TickerEvent[] => view.view(nowMs)!.ticker.map(({ event }) => event);
  return { game, view, places, told };
}

test('there is no view before the first game', () => {
  expect(new PublicView().view(START)).toBeNull();
});

describe('standings', () => {
  test('equal salaries share a rank, ordered by team id; unranked teams come last without a rank', () => {
    const { game, view, places } = setUp('d', 'c', 'b', 'a');
    view.applyGameEvent(game.team('0-reference', false));
    const salaries: Record<string, number> = { a: 5, b: 9, c: 9, d: 20, '0-reference': 1000 };
    for (const [id, cents] of Object.entries(salaries)) view.applyScore(game.score(id, 1, cents));
    expect(places()).toEqual([
      ['d', 1, 20],
      ['b', 2, 9],
      ['c', 2, 9],
      ['a', 4, 5],
      ['0-reference', null, 1000],
    ]);
  });

  test('a team without a score stands at zero with unknown statuses', () => {
    const { view } = setUp('a');
    expect(view.view(START)!.standings[0]).toMatchObject({
      rank: 1,
      salaryCents: 0,
      services: [
        { id: 'router', state: 'unknown', availabilityBp: null, p95Ms: null, requestsPerSecond: 0 },
        { id: 'catalog', state: 'unknown' },
      ],
    });
  });

  test('places gained follow from the pay of the last minute; a tie at the start costs no team a place', () => {
    const { game, view } = setUp('a', 'b', 'c');
    const pay = (cents: number) => ({ trend: { oneMinuteCents: cents, fiveMinutesCents: cents } });
    view.applyScore(game.score('a', 1, 300, pay(300)));
    view.applyScore(game.score('b', 1, 200, pay(200)));
    view.applyScore(game.score('c', 1, 100, pay(100)));
    const changes = () =>
      Object.fromEntries(view.view(START)!.standings.map((row) => [row.team.id, row.rankChange]));
    expect(changes()).toEqual({ a: 0, b: 0, c: 0 });
    view.applyScore(game.score('c', 2, 900, pay(800)));
    view.applyScore(game.score('a', 2, 400, pay(100)));
    view.applyScore(game.score('b', 2, 350, pay(150)));
    expect(changes()).toEqual({ c: 2, a: -1, b: -1 });
  });

  test('asOf is the time up to which every team’s score is complete', () => {
    const { game, view } = setUp('a', 'b');
    view.applyScore(game.score('a', 9, 1));
    expect(view.view(START)!.asOf).toBe(0);
    view.applyScore(game.score('b', 7, 1));
    expect(view.view(START)!.asOf).toBe(START + 700);
  });

  test('any order and repetition of score updates leads to the standings of each team’s latest commit', () => {
    const updates = fc.array(
      fc.record({
        teamId: fc.constantFrom('a', 'b', 'c'),
        commitSeq: fc.integer({ min: 1, max: 20 }),
      }),
      { minLength: 1, maxLength: 40 },
    );
    const shuffled = updates.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([inOrder, delivered]) => {
        const salary = (seq: number) => ((seq * 7919) % 41) - 20;
        const standings = (list: typeof inOrder) => {
          const { game, view } = setUp('a', 'b', 'c');
          for (const { teamId, commitSeq } of list)
            view.applyScore(game.score(teamId, commitSeq, salary(commitSeq)));
          return view.view(START)!.standings;
        };
        const latestOnly = [...inOrder].sort((x, y) => x.commitSeq - y.commitSeq);
        expect(standings(delivered)).toEqual(standings(latestOnly));
      }),
    );
  });

  test('scores and teams may arrive before the events to which they refer', () => {
    const game = new SampleGame();
    const view = new PublicView();
    const [created, added] = game.opening('a');
    expect(view.applyScore(game.score('a', 2, 70))).toBe(false);
    expect(view.applyScore(game.score('a', 1, 10))).toBe(false);
    view.applyGameEvent(created!);
    view.applyGameEvent(added!);
    expect(view.view(START)!.standings[0]!.salaryCents).toBe(70);
  });

  test('rows that do not change keep their identity', () => {
    const { game, view } = setUp('a', 'b');
    view.applyScore(game.score('a', 1, 10));
    const before = view.view(START)!.standings;
    expect(view.view(START + 1)!.standings).toBe(before);
    view.applyScore(game.score('a', 2, 20));
    const after = view.view(START + 2)!.standings;
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  });
});

describe('a team that is changed', () => {
  test('has its new name and colour at once, and keeps everything else', () => {
    const { game, view, told } = setUp('a', 'b');
    view.applyScore(game.score('a', 1, 10));
    view.applyScore(game.score('b', 1, 20));
    const before = view.view(START)!.standings;
    view.applyGameEvent(game.changed('a', { name: '五つ星', color: 'tomato' }));
    const after = view.view(START)!.standings;
    const team = { id: 'a', name: '五つ星', color: 'tomato', ranked: true };
    expect(after).toEqual([before[0], { ...before[1], team }]);
    expect(after[0]).toBe(before[0]);
    // An offensive old name never appears on the ticker.
    expect(told(START)).toEqual([{ kind: 'game_started' }]);
    view.applyScore(game.score('a', 2, 30));
    expect(view.view(START)!.standings[0]).toMatchObject({ rank: 1, salaryCents: 30, team });
  });

  test('leaves the ranking and returns: equal salaries share a rank, and the next rank is skipped', () => {
    const { game, view, places, told } = setUp('d', 'c', 'b', 'a');
    const salaries: Record<string, number> = { a: 5, b: 9, c: 9, d: 9 };
    for (const [id, cents] of Object.entries(salaries)) view.applyScore(game.score(id, 1, cents));
    const allRanked = [
      ['b', 1, 9],
      ['c', 1, 9],
      ['d', 1, 9],
      ['a', 4, 5],
    ];
    expect(places()).toEqual(allRanked);
    view.applyGameEvent(game.changed('c', { ranked: false }, START));
    expect(places()).toEqual([
      ['b', 1, 9],
      ['d', 1, 9],
      ['a', 3, 5],
      ['c', null, 9],
    ]);
    view.applyScore(game.score('c', 2, 100));
    expect(places()[3]).toEqual(['c', null, 100]);
    view.applyScore(game.score('c', 3, 9));
    view.applyGameEvent(game.changed('c', { ranked: true }, START + 1));
    expect(places()).toEqual(allRanked);
    expect(told(START + 10).slice(0, 2)).toEqual([
      { kind: 'team_ranked', teamId: 'c', ranked: true },
      { kind: 'team_ranked', teamId: 'c', ranked: false },
    ]);
  });

  test('neither gains nor loses a place by the change itself; later overtakings are announced', () => {
    const { game, view, told } = setUp('a', 'b', 'c', 'd');
    let nowMs = START;
    const watch = () => {
      for (let n = 0; n < 5; n++) told((nowMs += 1000));
      return told(nowMs).filter(({ kind }) => kind === 'rank_taken');
    };
    [40, 30, 20, 10].forEach((cents, nth) => view.applyScore(game.score('abcd'[nth]!, 1, cents)));
    expect(watch()).toEqual([]);
    view.applyGameEvent(game.changed('a', { ranked: false }, nowMs));
    expect(watch()).toEqual([]);
    view.applyGameEvent(game.changed('a', { ranked: true }, nowMs));
    expect(watch()).toEqual([]);
    view.applyScore(game.score('b', 2, 50));
    expect(watch()).toEqual([{ kind: 'rank_taken', teamId: 'b', rank: 1, fromTeamId: 'a' }]);
  });

  test('is the same for a broadcaster that was running, started late, or received it twice', () => {
    const story = (look: (view: PublicView) => void, times: number) => {
      const game = new SampleGame();
      const view = new PublicView();
      const score = () => ['a', 'b'].forEach((id) => view.applyScore(game.score(id, 1, 7)));
      score();
      const events = [
        ...game.opening('a', 'b'),
        game.changed('a', { name: 'Garm', ranked: false }, START + 1),
        game.changed('a', { name: 'Golem' }, START + 2),
      ];
      for (const event of events)
        for (let n = 0; n < times; n++) {
          view.applyGameEvent(event);
          look(view);
        }
      // An older event that is redelivered after a newer one is ignored.
      view.applyGameEvent(events.at(-2)!);
      return view.view(START + 1000)!;
    };
    const late = story(() => {}, 1);
    expect(story((view) => view.view(START), 1)).toEqual(late);
    expect(story(() => {}, 2)).toEqual(late);
    expect(late.standings.map(({ team, rank }) => [team.name, rank])).toEqual([
      ['Golem', 1],
      ['B', 1],
    ]);
  });

  test('is ignored if it is unknown', () => {
    const { game, view } = setUp('a');
    const before = view.view(START);
    view.applyGameEvent(game.changed('nobody', { ranked: false }));
    expect(view.view(START)).toEqual(before);
  });
});

describe('which game is shown', () => {
  test('is the one created last, regardless of the order of events', () => {
    const older = new SampleGame('older');
    const newer = new SampleGame('newer');
    const view = new PublicView();
    view.applyGameEvent(newer.created(START));
    view.applyGameEvent(older.created(START - 1));
    view.applyGameEvent(older.team('x'));
    expect(view.gameId).toBe('newer');
    expect(view.view(START)!.standings).toEqual([]);
    expect(view.applyScore(older.score('x', 1, 5))).toBe(false);
  });

  test('a redelivered event changes nothing', () => {
    const { game, view, places } = setUp('a');
    const again = game.opening('a');
    view.applyScore(game.score('a', 1, 10));
    const fresh = new SampleGame();
    for (const event of fresh.opening('a')) view.applyGameEvent(event);
    expect(places()).toEqual([['a', 1, 10]]);
    expect(again).toHaveLength(3);
  });

  test('an invalid event is refused and changes nothing', () => {
    const { game, view } = setUp('a');
    const resumed = game.event('dev.payday.game.resumed', { fromAt: START, endsAt: START });
    expect(() => view.applyGameEvent(resumed)).toThrow(
      expect.objectContaining({ code: 'invalid_transition' }),
    );
    expect(view.view(START)!.game.state).toBe('running');
  });
});

describe('the life of a game', () => {
  test('lobby, running with its phases, ended, sealed', () => {
    const { game, view } = setUp('a', 'b');
    const at = (ms: number) => view.view(START + ms)!.game;
    expect(at(-1)).toMatchObject({ state: 'lobby', phase: null, startsAt: START });
    expect(at(0)).toMatchObject({
      state: 'running',
      phase: { label: 'Quiet morning', requestsPerSecond: 6 },
    });
    expect(at(2 * MINUTE).phase).toEqual({ label: 'Black Friday', requestsPerSecond: 24 });
    expect(at(5 * MINUTE)).toMatchObject({ state: 'ended', phase: null });
    view.applyGameEvent(game.event('dev.payday.game.sealed', { sealedAt: START + 5 * MINUTE + 500 }));
    for (const id of ['a', 'b']) view.applyScore(game.score(id, 9, 5, { final: true }));
    expect(at(5 * MINUTE + 500).state).toBe('sealed');
  });

  test('is sealed, and its winner announced, once the final score of every team has arrived', () => {
    const { game, view, told } = setUp('a', 'b', 'c');
    const at = START + 5 * MINUTE + 1000;
    const seen: [state: string, salaries: number[]][] = [];
    const look = (): void => {
      const { game: shown, standings } = view.view(at)!;
      seen.push([shown.state, standings.map(({ salaryCents }) => salaryCents)]);
    };
    for (const id of ['a', 'b']) view.applyScore(game.score(id, 1, 100));
    view.applyGameEvent(game.event('dev.payday.game.sealed', { sealedAt: START + 5 * MINUTE + 500 }));
    look();
    // Windows beyond the watermark close with the ledger, which settles their downtime.
    view.applyScore(game.score('a', 2, -50, { final: true }));
    view.applyScore(game.score('b', 2, 40, { final: true }));
    look();
    expect(told(at)).not.toContainEqual(expect.objectContaining({ winnerId: 'b' }));
    view.applyScore(game.score('c', 2, 0, { final: true }));
    look();
    expect(seen).toEqual([
      ['ended', [100, 100, 0]],
      ['ended', [40, 0, -50]],
      ['sealed', [40, 0, -50]],
    ]);
    expect(told(at)).toContainEqual({ kind: 'game_ended', winnerId: 'b' });
  });

  test('final scores that arrive before the seal wait for it', () => {
    const { game, view } = setUp('a');
    view.applyScore(game.score('a', 2, 7, { final: true }));
    const at = START + 5 * MINUTE + 1000;
    expect(view.view(at)!.game.state).toBe('ended');
    view.applyGameEvent(game.event('dev.payday.game.sealed', { sealedAt: at - 500 }));
    expect(view.view(at)!.game.state).toBe('sealed');
  });

  test('an outage that ended within its window is not announced as a pause', () => {
    const { game, view, told } = setUp('a');
    const fromAt = START + 60_000;
    view.applyGameEvent(game.event('dev.payday.game.paused', { fromAt, reason: 'outage' }));
    view.applyGameEvent(game.event('dev.payday.game.resumed', { fromAt, endsAt: START + 5 * MINUTE }));
    expect(view.view(fromAt)!.game).toMatchObject({ state: 'running', pausedAt: null });
    expect(told(fromAt + 1)).toEqual([{ kind: 'game_started' }]);
  });

  test('the clock stands still during a pause, even if its end is already known', () => {
    const { game, view } = setUp('a');
    const end = START + 5 * MINUTE;
    const pause = game.event('dev.payday.game.paused', { fromAt: START + 60_000, reason: 'lunch' });
    const resume = game.event('dev.payday.game.resumed', {
      fromAt: START + 90_000,
      endsAt: end + 30_000,
    });
    view.applyGameEvent(pause);
    expect(view.view(START + 59_999)!.game).toMatchObject({ state: 'running', pausedAt: null, endsAt: end });
    expect(view.view(START + 70_000)!.game).toMatchObject({
      state: 'paused',
      pausedAt: START + 60_000,
      endsAt: end,
    });
    view.applyGameEvent(resume);
    expect(view.view(START + 80_000)!.game).toMatchObject({
      state: 'paused',
      pausedAt: START + 60_000,
      endsAt: end,
    });
    expect(view.view(START + 90_000)!.game).toMatchObject({
      state: 'running',
      pausedAt: null,
      endsAt: end + 30_000,
    });
  });

  test('is announced identically by a broadcaster that ran all the time and by one that started late', () => {
    const story = () => {
      const made = setUp('a', 'b');
      const { game, view } = made;
      view.applyGameEvent(game.event('dev.payday.game.paused', { fromAt: START + 60_000, reason: '' }));
      view.applyGameEvent(
        game.event('dev.payday.game.resumed', { fromAt: START + 90_000, endsAt: START + 330_000 }),
      );
      view.applyScore(game.score('a', 1, 0, { final: true }));
      view.applyScore(game.score('b', 1, 5, { final: true }));
      view.applyGameEvent(game.event('dev.payday.game.sealed', { sealedAt: START + 331_000 }));
      return made;
    };
    const there = story();
    for (let ms = -1000; ms <= 335_000; ms += 1000) there.view.view(START + ms);
    const late = story();
    const end = START + 335_000;
    expect(late.view.view(end)!.ticker).toEqual(there.view.view(end)!.ticker);
    expect(late.told(end)).toEqual([
      { kind: 'game_ended', winnerId: 'b' },
      { kind: 'game_ended', winnerId: null },
      { kind: 'phase', label: 'Black Friday' },
      { kind: 'game_resumed' },
      { kind: 'game_paused' },
      { kind: 'game_started' },
    ]);
  });

  test('a shared first place has no winner', () => {
    const { game, view, told } = setUp('a', 'b');
    for (const id of ['a', 'b']) view.applyScore(game.score(id, 1, 5, { final: true }));
    view.applyGameEvent(game.event('dev.payday.game.sealed', { sealedAt: START + 301_000 }));
    expect(told(START + 302_000)).not.toContainEqual(expect.objectContaining({ winnerId: 'a' }));
  });
});

describe('faults', () => {
  test('are grouped by injection while active, without internal details, and announced once with all teams', () => {
    const { game, view, told } = setUp('a', 'b');
    const at = START + 10_000;
    view.applyGameEvent(game.fault('chaos-1', 'b', 'armed', at - 1000));
    expect(view.view(at)!.faults).toEqual([]);
    view.applyGameEvent(game.fault('chaos-1', 'b', 'firing', at));
    expect(told(at + 100)).toEqual([{ kind: 'game_started' }]);
    view.applyGameEvent(game.fault('chaos-1', 'a', 'active', at + 200));
    const [started] = told(at + 600);
    expect(started).toMatchObject({ kind: 'fault_started', teamIds: ['a', 'b'] });
    expect(view.view(at)!.faults).toEqual([
      {
        injectionId: 'chaos-1',
        kind: 'crash',
        serviceId: 'catalog',
        label: 'Someone tripped over a cable',
        startedAt: START + 10_000,
        expiresAt: START + 40_000,
        teamIds: ['a', 'b'],
      },
    ]);
    view.applyGameEvent(game.fault('chaos-1', 'a', 'reverted', at + 20_000));
    expect(view.view(at)!.faults[0]!.teamIds).toEqual(['b']);
    expect(told(at + 21_000)[0]!.kind).toBe('fault_started');
    view.applyGameEvent(game.fault('chaos-1', 'b', 'stuck', at + 21_000));
    expect(view.view(at)!.faults).toHaveLength(1);
    view.applyGameEvent(game.fault('chaos-1', 'b', 'reverted', at + 30_000));
    expect(view.view(at)!.faults).toEqual([]);
    expect(told(at + 31_000)[0]!.kind).toBe('fault_ended');
  });

  test('a fault that never fired is never announced', () => {
    const { game, view, told } = setUp('a');
    view.applyGameEvent(game.fault('chaos-1', 'a', 'armed', START));
    view.applyGameEvent(game.fault('chaos-1', 'a', 'reverted', START + 1000));
    expect(told(START + 9000)).toEqual([{ kind: 'game_started' }]);
  });
});

describe('the ticker', () => {
  const down = (game: SampleGame, seq: number, services: TeamScore['services']) =>
    game.score('a', seq, 100, { services, payPerMinuteCents: -1240 });

  test('announces trouble and recovery of a service', () => {
    const { game, view, told } = setUp('a');
    view.applyScore(down(game, 1, statuses('up')));
    view.applyScore(down(game, 10, statuses('down')));
    view.applyScore(down(game, 30, statuses('down')));
    view.applyScore(down(game, 40, statuses('up')));
    view.applyScore(down(game, 70, statuses('up')));
    expect(told(START + 8000).slice(0, 2)).toEqual([
      { kind: 'service_recovered', teamId: 'a', serviceId: 'router', afterMs: 3000 },
      {
        kind: 'service_trouble',
        teamId: 'a',
        serviceId: 'router',
        state: 'down',
        payPerMinuteCents: -1240,
      },
    ]);
  });

  test('announces only a few when all teams are hit at once', () => {
    const ids = Array.from({ length: 30 }, (_, n) => `team-${n}`);
    const { game, view, told } = setUp(...ids);
    for (const [seq, state] of [
      [1, 'up'],
      [10, 'down'],
      [40, 'down'],
    ] as const)
      for (const id of ids) view.applyScore(game.score(id, seq, 100, { services: statuses(state) }));
    expect(told(START + 5000).filter(({ kind }) => kind === 'service_trouble')).toHaveLength(6);
  });

  test('announces when a salary falls below zero, and not again while it hovers there', () => {
    const { game, view, told } = setUp('a');
    [50, -5, 5, -5, 5, -5].forEach((cents, nth) => view.applyScore(game.score('a', nth + 1, cents)));
    expect(told(START + 5000).filter(({ kind }) => kind === 'salary_negative')).toHaveLength(1);
  });

  test('shows announcements once, newest first, and keeps at most fifty entries', () => {
    const { game, view } = setUp('a');
    for (let n = 0; n < 60; n++)
      view.applyGameEvent(
        game.event(
          'dev.payday.announcement.made',
          { announcementId: `n${n}`, text: `Note ${n}` },
          { time: START + n * 1000 },
        ),
      );
    const { ticker } = view.view(START + MINUTE)!;
    expect(ticker).toHaveLength(50);
    expect(ticker[0]).toEqual({
      id: 'announcement/n59',
      at: START + 59_000,
      event: { kind: 'announcement', text: 'Note 59' },
    });
    expect(new Set(ticker.map(({ id }) => id)).size).toBe(50);
  });
});
