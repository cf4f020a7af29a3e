import type { GameEvent } from '#contracts';
import { EventBuilder, buildScenario } from '#testing';
import { applyToView, dueNow, isOver, nextLookAt, standingsOf, type GameView } from './game-view.js';

const START = 1_700_000_000_000;
const events = new EventBuilder('game');
const scenario = buildScenario({
  durationMs: 60_000,
  timeline: [10_000, 20_000].map((atMs) => ({
    type: 'announcement' as const,
    atMs,
    id: `at-${atMs}`,
    text: 'News',
  })),
});
const schedule = events.make('dev.payday.game.scheduled', { startsAt: START, endsAt: START + 60_000 });

/** The view after a log of these events, numbered in its order. */
function view(...more: GameEvent[]): GameView {
  return [events.created(scenario), events.team('fenrir'), schedule, ...more]
    .map((event, index) => ({ ...event, sequence: index + 1 }))
    .reduce<GameView | null>(applyToView, null)!;
}

const ids = (due: ReturnType<typeof dueNow>): string[] => due.map(({ entry }) => entry.id);
const none = new Set<string>();

describe('game view', () => {
  it('is null before the game is created, and ignores repeated events', () => {
    expect(applyToView(null, events.team('fenrir'))).toBeNull();
    const known = view();
    for (const event of [events.created(scenario), events.team('fenrir'), schedule])
      expect(applyToView(known, event)).toBe(known);
  });

  it('keeps the latest state of a team in its position, and ignores unknown teams', () => {
    const change = (id: string, name: string, ranked: boolean): GameEvent =>
      events.make('dev.payday.team.changed', { team: { id, name, color: 'tomato', ranked } });
    const known = view(events.team('garm'));
    const renamed = applyToView(known, change('fenrir', 'Fenrir Works', false))!;
    expect(renamed.teams).toEqual([
      { id: 'fenrir', name: 'Fenrir Works', color: 'tomato', ranked: false },
      known.teams[1],
    ]);
    expect(applyToView(renamed, change('fenrir', 'Fenrir Works', false))).toBe(renamed);
    expect(applyToView(renamed, events.teamChanged('hydra'))).toBe(renamed);
    // After a crash, earlier events are repeated.
    expect(applyToView(renamed, events.team('fenrir'))).toBe(renamed);
  });

  it('has a team in play once it is ranked and has an endpoint, and records since when', () => {
    const deployed = (url: string | null): GameEvent =>
      events.make('dev.payday.endpoint.changed', { teamId: 'fenrir', serviceId: 'catalog', url });
    const at = (event: GameEvent, time: number): GameEvent => ({ ...event, time });
    const after = (...more: GameEvent[]) => standingsOf(view(...more))[0];
    const fenrir = { teamId: 'fenrir' };
    expect(after()).toEqual({ ...fenrir, inPlay: false, inPlaySince: null });
    const came = at(deployed('http://a.test'), 5);
    expect(after(came)).toEqual({ ...fenrir, inPlay: true, inPlaySince: 5 });
    // It left and returned: it is not a newcomer.
    const left = at(deployed(null), 6);
    expect(after(came, left)).toEqual({ ...fenrir, inPlay: false, inPlaySince: 5 });
    expect(after(came, left, at(deployed('http://b.test'), 7))).toMatchObject({
      inPlay: true,
      inPlaySince: 5,
    });
    const unranked = at(events.teamChanged('fenrir'), 8);
    expect(after(unranked, at(deployed('http://a.test'), 9))).toMatchObject({
      inPlay: false,
      inPlaySince: null,
    });
    expect(after(came, unranked)).toMatchObject({ inPlay: false, inPlaySince: 5 });
  });

  it('knows what is due, how late it is, and when to check again', () => {
    const known = view();
    expect(nextLookAt(known, none, START - 500)).toBe(START + 10_000);
    expect(dueNow(known, none, START + 9_999, 0)).toEqual([]);
    expect(dueNow(known, none, START + 10_250, 0)).toMatchObject([{ dueAt: START + 10_000, lateMs: 250 }]);
    expect(ids(dueNow(known, new Set(['at-10000']), START + 20_000, 0))).toEqual(['at-20000']);
    const done = new Set(['at-10000', 'at-20000']);
    expect(nextLookAt(known, done, START + 20_000)).toBe(START + 60_000);
    expect(nextLookAt(known, done, START + 60_000)).toBeNull();
  });

  it('is frozen during a pause: nothing is due, and nothing becomes later', () => {
    const pause = events.make('dev.payday.game.paused', { fromAt: START + 10_000, reason: '' });
    const paused = view(pause);
    expect(dueNow(paused, none, START + 30_000, 0)).toEqual([]);
    expect(nextLookAt(paused, none, START + 30_000)).toBeNull();
    const resumed = view(
      pause,
      events.make('dev.payday.game.resumed', { fromAt: START + 40_000, endsAt: START + 90_000 }),
    );
    expect(nextLookAt(resumed, none, START + 30_000)).toBe(START + 40_000);
    expect(dueNow(resumed, none, START + 40_100, 0)).toMatchObject([{ dueAt: START + 40_000, lateMs: 100 }]);
  });

  it('has nothing due once the game is over', () => {
    const ended = view(events.make('dev.payday.game.ended', { endsAt: START + 15_000 }));
    expect(isOver(ended, START + 14_999)).toBe(false);
    expect(isOver(ended, START + 15_000)).toBe(true);
    expect(dueNow(ended, none, START + 15_000, 0)).toEqual([]);
  });
});
