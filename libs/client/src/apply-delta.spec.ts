import fc from 'fast-check';
import type { StandingRow, StandingsDelta, StandingsView, TickerEntry } from '#contracts';
import { MAX_TICKER_ENTRIES, applyDelta } from './apply-delta.js';

const TEAMS = ['a', 'b', 'c', 'd'];

function row(teamId: string, rank: number, salaryCents: number): StandingRow {
  return {
    rank,
    rankChange: 0,
    team: { id: teamId, name: teamId.toUpperCase(), color: 'red', ranked: true },
    salaryCents,
    payPerMinuteCents: 0,
    trend: { oneMinuteCents: 0, fiveMinutesCents: 0 },
    services: [],
  };
}

function entry(n: number): TickerEntry {
  return { id: `t${n}`, at: n, event: { kind: 'announcement', text: String(n) } };
}

const start: StandingsView = {
  game: {
    id: 'g',
    name: 'G',
    state: 'running',
    startsAt: 0,
    endsAt: 9,
    pausedAt: null,
    frozen: false,
    phase: null,
  },
  asOf: 0,
  epoch: 'e1',
  seq: 10,
  serverAt: 0,
  services: [],
  standings: TEAMS.map((teamId, index) => row(teamId, index + 1, 0)),
  faults: [],
  ticker: [],
};

const delta = (fromSeq: number, seq: number, more: Partial<StandingsDelta> = {}): StandingsDelta => ({
  epoch: 'e1',
  fromSeq,
  seq,
  serverAt: seq * 100,
  asOf: seq * 90,
  rows: [],
  ...more,
});

test('a changed row replaces the row of its team; the others keep their identity', () => {
  const next = applyDelta(start, delta(10, 11, { rows: [row('b', 2, 500)] })) as StandingsView;
  expect(next.standings[1]?.salaryCents).toBe(500);
  expect(next.standings[0]).toBe(start.standings[0]);
  expect(next).toMatchObject({ seq: 11, serverAt: 1100, asOf: 990 });
  expect(start.seq).toBe(10);
});

test('an order moves rows, adds new teams and drops those that it does not name', () => {
  const rows = [row('d', 1, 900), row('x', 2, 800)];
  const next = applyDelta(start, delta(10, 11, { rows, order: ['d', 'x', 'a', 'b'] })) as StandingsView;
  expect(next.standings.map((each) => each.team.id)).toEqual(['d', 'x', 'a', 'b']);
});

test('a stale or repeated delta returns the same view object', () => {
  expect(applyDelta(start, delta(9, 10, { rows: [row('a', 1, 1)] }))).toBe(start);
  expect(applyDelta(start, delta(3, 7))).toBe(start);
});

test('a missing frame or another epoch is a gap', () => {
  expect(applyDelta(start, delta(11, 12))).toBe('gap');
  expect(applyDelta(start, { ...delta(10, 11), epoch: 'e2' })).toBe('gap');
});

test('the ticker is newest first, without repeats, and bounded', () => {
  const full = { ...start, ticker: Array.from({ length: MAX_TICKER_ENTRIES }, (_, n) => entry(100 - n)) };
  const next = applyDelta(
    full,
    delta(8, 12, { ticker: [entry(102), entry(101), entry(100)] }),
  ) as StandingsView;
  expect(next.ticker.slice(0, 4).map(({ id }) => id)).toEqual(['t102', 't101', 't100', 't99']);
  expect(next.ticker).toHaveLength(MAX_TICKER_ENTRIES);
});

/** One delta for the frames of both, as a server makes it when it skips frames for a slow reader. */
function coalesce(first: StandingsDelta, second: StandingsDelta): StandingsDelta {
  const rows = new Map([...first.rows, ...second.rows].map((each) => [each.team.id, each]));
  const ticker = [...(second.ticker ?? []), ...(first.ticker ?? [])];
  return {
    ...first,
    ...second,
    fromSeq: first.fromSeq,
    rows: [...rows.values()],
    ...(ticker.length ? { ticker } : {}),
  };
}

const frame = fc.record({
  salaries: fc.dictionary(fc.constantFrom(...TEAMS), fc.integer({ min: -1e6, max: 1e6 })),
  order: fc.option(fc.shuffledSubarray(TEAMS, { minLength: TEAMS.length }), { nil: undefined }),
  tickerEntries: fc.integer({ min: 0, max: 3 }),
  frozen: fc.option(fc.boolean(), { nil: undefined }),
});

function deltasOf(frames: (typeof frame extends fc.Arbitrary<infer T> ? T : never)[]): StandingsDelta[] {
  let entries = 0;
  return frames.map(({ salaries, order, tickerEntries, frozen }, index) => {
    const ticker = Array.from({ length: tickerEntries }, () => entry(++entries)).reverse();
    return delta(10 + index, 11 + index, {
      rows: Object.entries(salaries).map(([teamId, cents]) => row(teamId, 1, cents)),
      ...(order ? { order } : {}),
      ...(ticker.length ? { ticker } : {}),
      ...(frozen === undefined ? {} : { game: { ...start.game, frozen } }),
    });
  });
}

const applyAll = (deltas: StandingsDelta[]): StandingsView | 'gap' =>
  deltas.reduce<StandingsView | 'gap'>(
    (view, each) => (view === 'gap' ? view : applyDelta(view, each)),
    start,
  );

test('property: any coalescing of deltas, also with repeats and overlaps, gives the same view', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { minLength: 1, maxLength: 25 }),
      fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
      fc.array(fc.nat(3), { minLength: 25, maxLength: 25 }),
      (frames, joins, rewinds) => {
        const singles = deltasOf(frames);
        const ranges: [number, number][] = [];
        singles.forEach((_, index) => {
          const last = ranges.at(-1);
          if (last && joins[index]) last[1] = index;
          else ranges.push([Math.max(0, index - (rewinds[index] ?? 0)), index]);
        });
        const coalesced = ranges.map(([from, to]) => singles.slice(from, to + 1).reduce(coalesce));
        expect(applyAll(coalesced)).toEqual(applyAll(singles));
      },
    ),
  );
});

test('property: leaving out any delta but the last is detected as a gap', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 2, maxLength: 10 }), fc.nat(), (frames, pick) => {
      const deltas = deltasOf(frames);
      deltas.splice(pick % (deltas.length - 1), 1);
      expect(applyAll(deltas)).toBe('gap');
    }),
  );
});
