import fc from 'fast-check';
import { applyDelta } from '#client';
import type { StandingsView } from '#contracts';
import { ManualTime } from '#testing';
import { PublicView } from '../public-view/public-view.js';
import { START, SampleGame, statuses } from '../testing/sample-game.js';
import { DeltaRing } from './delta-ring.js';
import { FrameMaker, type Frame } from './frame-maker.js';
import { mergeDeltas } from './merge-deltas.js';

function setUp(options: { startMs?: number; ringCapacity?: number } = {}) {
  const time = new ManualTime(options.startMs ?? START);
  const view = new PublicView();
  const game = new SampleGame();
  const frames: Frame[] = [];
  const maker = new FrameMaker({
    source: view,
    clock: time,
    timers: time,
    epoch: 'e1',
    onFrame: (frame) => frames.push(structuredClone(frame)),
    ringCapacity: options.ringCapacity,
  });
  const open = (...teamIds: string[]): void => {
    for (const event of game.opening(...teamIds)) view.applyGameEvent(event);
    maker.changed();
  };
  const score = (teamId: string, seq: number, cents: number): void => {
    view.applyScore(game.score(teamId, seq, cents));
    maker.changed();
  };
  return { time, view, game, frames, maker, open, score };
}

describe('FrameMaker', () => {
  test('makes no frame before it is started, and none before there is a game', () => {
    const { time, frames, maker, open } = setUp();
    maker.changed();
    time.advance(5000);
    maker.start();
    time.advance(5000);
    expect(frames).toEqual([]);
    expect(maker.snapshot()).toBeNull();
    expect(maker.resume({ epoch: 'e1', seq: 0 })).toBeNull();
    open('a');
    time.advance(10);
    expect(frames).toMatchObject([{ kind: 'snapshot', seq: 1, payload: { epoch: 'e1', seq: 1 } }]);
  });

  test('makes at most ten frames per second, each with the latest state', () => {
    const { time, frames, maker, open, score } = setUp();
    open('a', 'b');
    maker.start();
    const before = frames.length;
    for (let ms = 1; ms <= 1000; ms++) {
      score('a', ms, ms);
      time.advance(1);
    }
    const made = frames.slice(before);
    expect(made.length).toBeGreaterThanOrEqual(9);
    expect(made.length).toBeLessThanOrEqual(10);
    const shown = made.map(({ payload }) => ('rows' in payload ? payload.rows[0]!.salaryCents : 0));
    const madeAfterMs = made.map(({ payload }) => payload.serverAt - START);
    expect(shown).toEqual(madeAfterMs);
  });

  test('shows the first change after a silence at once', () => {
    const { time, frames, maker, open, score } = setUp();
    open('a');
    maker.start();
    time.advance(550);
    const before = frames.length;
    score('a', 1, 5);
    time.advance(10);
    expect(frames).toHaveLength(before + 1);
  });

  test('includes only changed rows in a delta, and the order only if it changed', () => {
    const { time, frames, maker, open, score } = setUp();
    open('a', 'b', 'c');
    maker.start();
    score('a', 1, 50);
    time.advance(100);
    expect(frames.at(-1)!.payload).toMatchObject({ rows: [{ team: { id: 'a' } }, {}, {}] });
    score('a', 2, 60);
    time.advance(100);
    const { payload } = frames.at(-1)! as Extract<Frame, { kind: 'delta' }>;
    expect(payload.rows.map(({ team }) => team.id)).toEqual(['a']);
    expect(payload).not.toHaveProperty('order');
    expect(payload).not.toHaveProperty('game');
    expect(payload).not.toHaveProperty('faults');
    expect(payload).not.toHaveProperty('ticker');
    score('b', 1, 70);
    time.advance(100);
    expect(frames.at(-1)!.payload).toMatchObject({ order: ['b', 'a', 'c'] });
  });

  test('makes at least one frame per second while a game runs, so that the displayed age of the data is correct', () => {
    const { time, frames, maker, open } = setUp();
    open('a');
    maker.start();
    const before = frames.length;
    time.advance(10_000);
    const gaps = frames
      .slice(before)
      .map(({ payload }, i, all) => (i === 0 ? 0 : payload.serverAt - all[i - 1]!.payload.serverAt));
    expect(frames.length - before).toBeGreaterThanOrEqual(10);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1000);
  });

  test('makes a frame by time alone when the game starts, and none while it waits', () => {
    const { time, frames, maker, open } = setUp({ startMs: START - 10_000 });
    open('a');
    maker.start();
    time.advance(9_900);
    expect(frames).toHaveLength(1);
    time.advance(300);
    expect(frames[1]).toMatchObject({ kind: 'delta', payload: { game: { state: 'running' } } });
    expect(frames[1]!.payload.serverAt - START).toBeLessThanOrEqual(200);
  });

  test('starts a new game with a snapshot for all viewers, after which old frames cannot be resumed', () => {
    const { time, view, frames, maker, open, score } = setUp();
    open('a');
    maker.start();
    score('a', 1, 5);
    time.advance(100);
    const next = new SampleGame('g2');
    view.applyGameEvent(next.created(START));
    maker.changed();
    time.advance(100);
    expect(frames.at(-1)).toMatchObject({ kind: 'snapshot', seq: 3, payload: { game: { id: 'g2' } } });
    expect(maker.resume({ epoch: 'e1', seq: 2 })).toMatchObject({ kind: 'snapshot' });
  });

  test('resumes with one delta within the ring, otherwise with a snapshot', () => {
    const { time, maker, open, score, frames } = setUp({ ringCapacity: 5 });
    open('a');
    maker.start();
    for (let n = 1; n <= 20; n++) {
      score('a', n, n);
      time.advance(100);
    }
    const seq = frames.at(-1)!.seq;
    expect(maker.resume({ epoch: 'e1', seq: seq - 3 })).toMatchObject({
      kind: 'delta',
      payload: { fromSeq: seq - 3, seq, rows: [{ salaryCents: 20 }] },
    });
    expect(maker.resume({ epoch: 'e1', seq: seq - 5 })!.kind).toBe('delta');
    expect(maker.resume({ epoch: 'e1', seq: seq - 6 })!.kind).toBe('snapshot');
    expect(maker.resume({ epoch: 'e0', seq: seq - 3 })!.kind).toBe('snapshot');
    expect(maker.resume({ epoch: 'e1', seq })!.kind).toBe('snapshot');
    expect(maker.resume({ epoch: 'e1', seq: seq + 7 })!.kind).toBe('snapshot');
  });

  test('puts the current time into a snapshot, regardless of the age of its frame', () => {
    const { time, maker, open } = setUp({ startMs: START - 60_000 });
    open('a');
    maker.start();
    time.advance(30_000);
    expect(maker.snapshot()!.serverAt).toBe(START - 30_000);
  });

  test('makes no frame after it is stopped', () => {
    const { time, frames, maker, open } = setUp();
    open('a');
    maker.start();
    maker.stop();
    maker.changed();
    time.advance(5000);
    expect(frames).toHaveLength(1);
  });
});

test('DeltaRing keeps at least its capacity and never returns a gap', () => {
  const ring = new DeltaRing(3);
  for (let seq = 2; seq <= 12; seq++)
    ring.push({ epoch: 'e', fromSeq: seq - 1, seq, serverAt: 0, asOf: 0, rows: [] });
  expect(ring.since(12)).toBeNull();
  expect(ring.since(9)!.map(({ seq }) => seq)).toEqual([10, 11, 12]);
  expect(ring.since(8)).toBeNull();
  ring.clear();
  expect(ring.since(11)).toBeNull();
});

describe('deltas always lead to the snapshot', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('score' as const),
      teamId: fc.constantFrom('a', 'b', 'c', 'd'),
      cents: fc.integer({ min: -30, max: 30 }),
      state: fc.constantFrom('up' as const, 'down' as const, 'slow' as const),
    }),
    fc.record({ kind: fc.constant('team' as const), teamId: fc.constantFrom('d', 'e', 'f') }),
    fc.record({
      kind: fc.constant('fault' as const),
      state: fc.constantFrom('active' as const, 'reverted' as const),
    }),
    fc.record({ kind: fc.constant('note' as const) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 4_000 }) }),
  );

  test('whether applied one by one, merged from any frame on, or resumed', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (story) => {
        const { time, view, game, frames, maker, open } = setUp();
        open('a', 'b', 'c');
        maker.start();
        story.forEach((each, nth) => {
          const at = time.nowMs();
          if (each.kind === 'wait') time.advance(each.ms);
          else if (each.kind === 'team') view.applyGameEvent(game.team(each.teamId));
          else if (each.kind === 'fault') view.applyGameEvent(game.fault('x', 'a', each.state, at));
          else if (each.kind === 'note')
            view.applyGameEvent(
              game.event(
                'dev.payday.announcement.made',
                { announcementId: `n${nth}`, text: 'Hello' },
                { time: at },
              ),
            );
          else
            view.applyScore(
              game.score(each.teamId, nth + 1, each.cents, {
                asOf: at,
                services: statuses(each.state),
              }),
            );
          maker.changed();
          time.advance(30);
        });
        time.advance(200);
        const end = { ...maker.snapshot()!, serverAt: frames.at(-1)!.payload.serverAt };
        const [first, ...rest] = frames;
        const views: StandingsView[] = [first!.payload as StandingsView];
        const deltas = rest.map(({ payload }) => payload as Exclude<typeof payload, StandingsView>);
        for (const delta of deltas) views.push(applyDelta(views.at(-1)!, delta) as StandingsView);
        expect(views.at(-1)).toEqual(end);
        for (let from = 0; from < deltas.length; from += 5) {
          expect(applyDelta(views[from]!, mergeDeltas(deltas.slice(from)))).toEqual(end);
          expect(maker.resume(views[from]!)).toEqual({
            kind: 'delta',
            payload: mergeDeltas(deltas.slice(from)),
          });
        }
      }),
      { numRuns: 60 },
    );
  });
});
