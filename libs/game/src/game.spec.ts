import fc from 'fast-check';
import type { GameEvent, TeamInfo } from '#contracts';
import { EventBuilder, buildScenario } from '#testing';
import { Game, foldGame, type GameCreated } from './game.js';

const START = 1_700_000_000_000;
const WINDOW = 1000;
const scenario = buildScenario();
const TEAMS = ['ants', 'bees', 'cats'];

/** Everything a game tells, as plain values. */
function factsOf(game: Game | null): object | null {
  if (game === null) return null;
  const { gameId, name, seed, createdAt, services, teams, endpoints, schedule, freeze, freezes, sealed } =
    game;
  const maps = { services: [...services], teams: [...teams], endpoints: [...endpoints] };
  return { gameId, name, seed, createdAt, ...maps, schedule: { ...schedule }, freeze, freezes, sealed };
}

/** A step of a log, before it has a source and a sequence. Many of them do not fit the state they meet. */
type Step = (events: EventBuilder) => GameEvent;

const team = fc.record<TeamInfo>({
  id: fc.constantFrom(...TEAMS),
  name: fc.constantFrom('Fenrir', 'Garm'),
  color: fc.constant('red'),
  ranked: fc.boolean(),
});
const boundary = fc.integer({ min: 0, max: 24 }).map((window) => START + window * WINDOW);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>((events) => events.created(scenario)),
  team.map(
    (info): Step =>
      (events) =>
        events.make('dev.payday.team.added', { team: info }),
  ),
  team.map(
    (info): Step =>
      (events) =>
        events.make('dev.payday.team.changed', { team: info }),
  ),
  fc
    .record({
      teamId: fc.constantFrom(...TEAMS),
      serviceId: fc.constantFrom('router', 'catalog'),
      url: fc.option(fc.constantFrom('http://a', 'http://b')),
    })
    .map(
      (data): Step =>
        (events) =>
          events.make('dev.payday.endpoint.changed', data),
    ),
  fc.constant<Step>((events) =>
    events.make('dev.payday.game.scheduled', { startsAt: START, endsAt: START + 20 * WINDOW }),
  ),
  boundary.map(
    (fromAt): Step =>
      (events) =>
        events.make('dev.payday.game.paused', { fromAt, reason: '' }),
  ),
  fc.tuple(boundary, boundary).map(
    ([fromAt, endsAt]): Step =>
      (events) =>
        events.make('dev.payday.game.resumed', { fromAt, endsAt }),
  ),
  boundary.map(
    (endsAt): Step =>
      (events) =>
        events.make('dev.payday.game.ended', { endsAt }),
  ),
  boundary.map(
    (sealedAt): Step =>
      (events) =>
        events.make('dev.payday.game.sealed', { sealedAt }),
  ),
  boundary.map(
    (fromAt): Step =>
      (events) =>
        events.make('dev.payday.game.frozen', { fromAt }),
  ),
  boundary.map(
    (at): Step =>
      (events) =>
        events.make('dev.payday.game.thawed', { at }),
  ),
  boundary.map(
    (revealedAt): Step =>
      (events) =>
        events.make('dev.payday.game.revealed', { revealedAt }),
  ),
);

/** A log of control's events among those of another source, which says something about teams now and then. */
const log: fc.Arbitrary<GameEvent[]> = fc
  .array(fc.tuple(step, fc.boolean()), { maxLength: 40 })
  .map((steps) => {
    const control = new EventBuilder('g');
    const other = new EventBuilder('g', '/chaos-orchestrator');
    return [
      control.created(scenario),
      ...steps.map(([make, isControl]) => make(isControl ? control : other)),
    ];
  });

describe('the fold of a game', () => {
  it('applies each event once, however often any part of the log is delivered again', () => {
    fc.assert(
      fc.property(log, fc.array(fc.nat(), { maxLength: 40 }), (events, replays) => {
        const once = foldGame(events);
        const game = new Game(events[0] as GameCreated);
        events.forEach((event, index) => {
          game.tryApply(event);
          const before = factsOf(game);
          // A consumer that restarts reads again from some earlier event up to where it was.
          const from = (replays[index] ?? index) % (index + 1);
          for (const again of events.slice(from, index + 1)) expect(game.tryApply(again)).toBe(false);
          expect(factsOf(game)).toEqual(before);
        });
        expect(factsOf(game)).toEqual(factsOf(once));
      }),
    );
  });

  it('gives the same game whether it is folded at once or in parts', () => {
    fc.assert(
      fc.property(log, fc.nat(), (events, cut) => {
        const at = 1 + (cut % events.length);
        const game = foldGame(events.slice(0, at))!;
        for (const event of events.slice(at)) game.tryApply(event);
        expect(factsOf(game)).toEqual(factsOf(foldGame(events)));
      }),
    );
  });

  it('keeps what a naive reading of the log gives for teams, endpoints and the seal', () => {
    fc.assert(
      fc.property(log, (events) => {
        const game = foldGame(events)!;
        const teams = new Map<string, TeamInfo>();
        const urls = new Map<string, string | null>();
        for (const { type, data } of events) {
          const isAdded = type === 'dev.payday.team.added' && !teams.has(data.team.id);
          const isChanged = type === 'dev.payday.team.changed' && teams.has(data.team.id);
          if (isAdded || isChanged) teams.set(data.team.id, data.team);
          if (type === 'dev.payday.endpoint.changed') urls.set(`${data.teamId} ${data.serviceId}`, data.url);
        }
        expect([...game.teams]).toEqual([...teams]);
        for (const [key, url] of urls) expect(game.endpoints.get(key) ?? null).toBe(url);
        expect(game.sealed).toBe(events.some(({ type }) => type === 'dev.payday.game.sealed'));
      }),
    );
  });

  it('tells what is news: every event that changes the game, and no other of those that it keeps', () => {
    fc.assert(
      fc.property(log, (events) => {
        const game = new Game(events[0] as GameCreated);
        for (const event of events.slice(1)) {
          const before = JSON.stringify(factsOf(game));
          const isNews = game.tryApply(event);
          // A refused seal holds, but is no news of the schedule.
          if (event.type === 'dev.payday.game.sealed' && !isNews) continue;
          expect(JSON.stringify(factsOf(game)) !== before).toBe(isNews);
        }
      }),
    );
  });

  it('begins with `game.created`, and ignores what comes before', () => {
    const events = new EventBuilder('g');
    expect(foldGame([])).toBeNull();
    expect(foldGame([events.team('ants')])).toBeNull();
    const game = foldGame([
      events.team('ants'),
      { ...events.created(scenario), time: 7 },
      events.team('bees'),
    ])!;
    expect([...game.teams.keys()]).toEqual(['bees']);
    expect([...game.services]).toEqual([
      ['router', 0],
      ['catalog', 1],
    ]);
    expect(game).toMatchObject({ gameId: 'g', name: 'Test game', seed: 'seed', createdAt: 7, sealed: false });
    // A second one does not make the game forget its teams.
    expect(game.apply(events.created(scenario))).toBe(false);
    expect(game.teams.size).toBe(1);
  });

  it('refuses an event that does not fit, each time it is delivered, and changes nothing', () => {
    const events = new EventBuilder('g');
    const game = foldGame([events.created(scenario), events.team('ants')])!;
    const pause = events.make('dev.payday.game.paused', { fromAt: START, reason: '' });
    const before = factsOf(game);
    for (let n = 0; n < 2; n++)
      expect(() => game.apply(pause)).toThrow(expect.objectContaining({ code: 'invalid_transition' }));
    expect(factsOf(game)).toEqual(before);
    expect(game.apply(events.team('bees'))).toBe(true);
  });

  it('is sealed by any seal, even one that the schedule refuses', () => {
    const events = new EventBuilder('g');
    const game = foldGame([events.created(scenario)])!;
    const seal = events.make('dev.payday.game.sealed', { sealedAt: START });
    expect(() => game.apply(seal)).toThrow(expect.objectContaining({ code: 'invalid_transition' }));
    expect(game.sealed).toBe(true);
    expect(game.schedule.sealedAt).toBeNull();
  });

  it('forgets a freeze that was thawed before it began, and remembers one that was in force', () => {
    const events = new EventBuilder('g');
    const frozen = (fromAt: number): GameEvent => events.make('dev.payday.game.frozen', { fromAt });
    const thawed = (at: number): GameEvent => events.make('dev.payday.game.thawed', { at });
    const game = foldGame([
      events.created(scenario),
      frozen(100),
      thawed(50),
      frozen(200),
      thawed(250),
      frozen(300),
    ])!;
    expect(game.freezes).toEqual([200, 300]);
    expect(game.freeze).toEqual({ frozenAt: 300, revealedAt: null });
  });

  it.each<[what: string, make: Step]>([
    ['an announcement', (e) => e.make('dev.payday.announcement.made', { announcementId: 'a', text: 'Hi' })],
    [
      'an adjustment',
      (e) =>
        e.make('dev.payday.adjustment.made', {
          adjustmentId: 'a',
          teamId: 'ants',
          cents: 1,
          reason: '',
          effectiveAt: START,
        }),
    ],
    [
      'another proof of a team',
      (e) => e.make('dev.payday.team.proof-changed', { teamId: 'ants', proofSha256: 'x', formerUntilAt: 0 }),
    ],
  ])('passes %s on as news once, and does not keep it', (_, make) => {
    const events = new EventBuilder('g');
    const game = foldGame([events.created(scenario), events.team('ants')])!;
    const before = factsOf(game);
    const event = make(events);
    expect([game.apply(event), game.apply(event)]).toEqual([true, false]);
    expect(factsOf(game)).toEqual(before);
  });

  it('ignores events without a sequence, which cannot be told from their redelivery', () => {
    const events = new EventBuilder('g');
    const game = foldGame([events.created(scenario)])!;
    expect(game.apply({ ...events.team('ants'), sequence: 0 })).toBe(false);
  });
});
