import fc from 'fast-check';
import type { PublicFault, StandingRow, TickerEntry, TickerEvent } from '#contracts';
import { newsToTell, sentence, toneOf } from './commentary.js';
import { countdown, rate, salary, shortDollars, signed, signedDollars } from './format.js';
import { freshness } from './freshness.js';
import { MAX_POINTS, chaosSpans, extend, mergeHistory, type SeriesByTeam } from './history.js';
import { layoutFor } from './layout.js';
import { axisWidthEm, extent, linePath, scale, spread, ticks } from './plot.js';
import { ordinal, pickLang } from './words.js';

describe('format', () => {
  test('money has a real minus sign, no cents, and never rounds away from zero', () => {
    expect([14823099, -421099, 99, -99, 0, 123456789012].map(salary)).toEqual([
      '$148,230',
      '\u2212$4,210',
      '$0',
      '$0',
      '$0',
      '$1,234,567,890',
    ]);
    expect([90000, -124000, 0].map(signed)).toEqual(['+900', '\u22121,240', '0']);
    expect(signedDollars(-124000)).toBe('\u2212$1,240');
    expect([15000000, 120000000, -50000, 0].map(shortDollars)).toEqual([
      '$150k',
      '$1.2M',
      '\u2212$500',
      '$0',
    ]);
  });

  test('a countdown counts started seconds and shows hours only when there are any', () => {
    expect([6138000, 41000, 40001, 3600000, 0, -5].map(countdown)).toEqual([
      '01:42:18',
      '00:41',
      '00:41',
      '01:00:00',
      '00:00',
      '00:00',
    ]);
  });

  test('rates', () => expect([1260.4, 7.46, 0].map(rate)).toEqual(['1,260', '7.5', '0']));
});

describe('layout', () => {
  test.each([
    [0, 'large'],
    [12, 'large'],
    [13, 'compact'],
    [60, 'compact'],
    [61, 'paged'],
  ])('%i teams: %s', (teams, mode) => expect(layoutFor(teams, false).mode).toBe(mode));

  test('property: every place is on exactly one slice, in order, and no slice overflows its column', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.boolean(), (teams, stacked) => {
        const { slices, rowsPerColumn, mode } = layoutFor(teams, stacked);
        expect(slices[0]![0]).toBe(0);
        expect(slices.at(-1)![1]).toBe(teams);
        slices.slice(1).forEach(([from], index) => expect(from).toBe(slices[index]![1]));
        const columns = mode === 'paged' ? slices.slice(1) : slices;
        for (const [from, to] of columns) expect(to - from).toBeLessThanOrEqual(rowsPerColumn);
      }),
    );
  });
});

describe('freshness', () => {
  const connected = { state: 'connected', attempt: 0, since: 0 } as const;
  const lost = { state: 'reconnecting', attempt: 4, since: 100_000 } as const;

  test('a running game is judged by the age of the last frame', () => {
    const at = (ageMs: number) => freshness('running', ageMs, connected, 0);
    expect([0, 3_000, 3_001, 10_000, 10_001].map(at)).toEqual(['live', 'live', 'late', 'late', 'stale']);
  });

  test('a game that is not running is judged by how long the connection has been lost', () => {
    expect(freshness('paused', 600_000, connected, 200_000)).toBe('calm');
    expect(freshness('paused', 600_000, lost, 101_000)).toBe('calm');
    expect(freshness('ended', 600_000, lost, 104_000)).toBe('late');
    expect(freshness('lobby', 600_000, lost, 111_000)).toBe('stale');
  });

  test('final standings raise no alarm', () => expect(freshness('sealed', 1e9, lost, 1e9)).toBe('calm'));
});

describe('history', () => {
  const row = (id: string, salaryCents: number): StandingRow =>
    ({ team: { id }, salaryCents }) as StandingRow;

  test('live points extend the series, not closer than the spacing', () => {
    let series: SeriesByTeam = new Map();
    for (let at = 1_000; at <= 5_000; at += 500) series = extend(series, at, [row('a', at)]);
    expect(series.get('a')).toEqual({ at: [1_000, 3_000, 5_000], cents: [1_000, 3_000, 5_000] });
    expect(extend(series, 5_100, [row('a', 1)])).toBe(series);
  });

  test('a long game keeps a bounded number of points, the latest ones whole', () => {
    let series: SeriesByTeam = new Map();
    for (let n = 1; n <= 3 * MAX_POINTS; n += 1) series = extend(series, n * 2_000, [row('a', n)]);
    const { at } = series.get('a')!;
    expect(at.length).toBeLessThanOrEqual(MAX_POINTS);
    expect(at.slice(-100).every((each, i, last) => i === 0 || each - last[i - 1]! === 2_000)).toBe(true);
  });

  test('the server provides the past, the page adds what came after', () => {
    const live = new Map([
      ['a', { at: [10, 20, 30], cents: [1, 2, 3] }],
      ['new', { at: [30], cents: [9] }],
    ]);
    const merged = mergeHistory(
      { gameId: 'g', series: [{ teamId: 'a', at: [0, 20], salaryCents: [0, 7] }] },
      live,
    );
    expect(merged.get('a')).toEqual({ at: [0, 20, 30], cents: [0, 7, 3] });
    expect(merged.get('new')).toEqual({ at: [30], cents: [9] });
  });

  test('chaos is known from faults and from the ticker, and ends with either', () => {
    const fault = { injectionId: 'f1', startedAt: 100 } as PublicFault;
    const open = chaosSpans([], { faults: [fault], ticker: [], asOf: 150 });
    expect(open).toEqual([{ injectionId: 'f1', from: 100, to: null }]);
    expect(chaosSpans(open, { faults: [], ticker: [], asOf: 300 })).toEqual([
      { injectionId: 'f1', from: 100, to: 300 },
    ]);
    const entry = (at: number, event: Partial<TickerEvent>) => ({
      id: String(at),
      at,
      event: event as TickerEvent,
    });
    const told = [entry(90, { kind: 'fault_ended', injectionId: 'f0' }), entry(50, { kind: 'fault_started', injectionId: 'f0' })]; // prettier-ignore
    expect(chaosSpans([], { faults: [], ticker: told, asOf: 400 })).toEqual([
      { injectionId: 'f0', from: 50, to: 90 },
    ]);
  });
});

describe('plot', () => {
  test('a line through the points that are in time', () => {
    const to = scale({ from: 0, to: 10, low: 0, high: 100 }, { width: 100, height: 50 });
    const series = { at: [0, 5, 10], cents: [0, 100, 50] };
    expect(linePath(series, to)).toBe('M0.0 50.0L50.0 0.0L100.0 25.0');
    expect(linePath(series, to, 4)).toBe('M50.0 0.0L100.0 25.0');
    expect(linePath(series, to, 9)).toBe('');
    expect(extent([series], 4)).toEqual({ low: 50, high: 100 });
    expect(extent([])).toBeNull();
  });

  test('ticks are round', () => {
    expect(ticks(-1_100_000, 7_200_000, 5)).toEqual([0, 2_000_000, 4_000_000, 6_000_000]);
    expect(ticks(0, 0, 4)).toEqual([0]);
  });

  test('an axis takes the room of its longest label, and keeps some for short ones', () => {
    expect(axisWidthEm(['$0', '$100'])).toBe(axisWidthEm([]));
    const widths = ['$100', '\u2212$1.5k', '\u2212$12.5k'].map((longest) => axisWidthEm(['$0', longest]));
    expect(widths).toEqual([...new Set(widths)].sort((a, b) => a - b));
  });

  test('property: labels that have room do not overlap and stay inside', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 400 }), { minLength: 1, maxLength: 8 }), (wanted) => {
        const placed = spread(wanted, 20, 0, 300);
        const sorted = [...placed].sort((a, b) => a - b);
        sorted.slice(1).forEach((y, index) => expect(y - sorted[index]!).toBeGreaterThanOrEqual(20));
        expect(sorted[0]).toBeGreaterThanOrEqual(0);
        expect(sorted.at(-1)).toBeLessThanOrEqual(300);
      }),
    );
  });
});

describe('words', () => {
  const names: Record<string, string> = { s: 'Sleipnir', f: 'Fenrir Works' };
  const say = (event: TickerEvent, lang: 'en' | 'ja') =>
    sentence(event, lang, (id) => names[id] ?? id)
      .map(({ text }) => text)
      .join('')
      .replaceAll('\u00a0', ' ');

  test.each<[TickerEvent, string, string]>([
    [
      { kind: 'rank_taken', teamId: 's', rank: 1, fromTeamId: 'f' },
      'Sleipnir takes 1st place from Fenrir Works',
      'SleipnirがFenrir Worksを抜いて1位に浮上',
    ],
    [
      {
        kind: 'service_trouble',
        teamId: 's',
        serviceId: 'router',
        state: 'down',
        payPerMinuteCents: -124000,
      },
      'Sleipnir router is down · \u2212$1,240/min',
      'Sleipnirのrouterが停止しました · \u2212$1,240/分',
    ],
    [
      { kind: 'service_trouble', teamId: 's', serviceId: 'router', state: 'slow', payPerMinuteCents: 4000 },
      'Sleipnir router is slow',
      'Sleipnirのrouterが遅くなっています',
    ],
    [
      { kind: 'service_recovered', teamId: 's', serviceId: 'booking', afterMs: 48_000 },
      'Sleipnir recovered booking in 48 s',
      'Sleipnirがbookingを48秒で復旧',
    ],
    [
      { kind: 'service_recovered', teamId: 's', serviceId: 'booking', afterMs: 200_000 },
      'Sleipnir recovered booking in 3 min 20 s',
      'Sleipnirがbookingを3分20秒で復旧',
    ],
    [
      { kind: 'team_ranked', teamId: 's', ranked: false },
      'Sleipnir is no longer ranked',
      'Sleipnirは順位の対象外になりました',
    ],
    [
      { kind: 'team_ranked', teamId: 's', ranked: true },
      'Sleipnir is ranked now',
      'Sleipnirが順位の対象になりました',
    ],
    [{ kind: 'game_ended', winnerId: 's' }, 'Sleipnir wins the day', 'Sleipnirが優勝です'],
  ])('%j', (event, en, ja) => {
    expect(say(event, 'en')).toBe(en);
    expect(say(event, 'ja')).toBe(ja);
    expect(toneOf(event)).toEqual(expect.any(String));
  });

  test('events of a newer server that have no words here are skipped', () => {
    const known: TickerEntry = { id: 'b', at: 2, event: { kind: 'game_paused' } };
    const unknown = { id: 'a', at: 1, event: { kind: 'toString' } } as unknown as TickerEntry;
    expect(newsToTell([known, unknown])).toEqual([known]);
  });

  test('ordinals', () =>
    expect([1, 2, 3, 4, 11, 12, 13, 21, 22, 113].map(ordinal)).toEqual([
      '1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '22nd', '113th',
    ])); // prettier-ignore

  test('the address decides the language, then the browser, then English', () => {
    expect(pickLang('?lang=ja', ['en-US'])).toBe('ja');
    expect(pickLang('?lang=xx', ['fr', 'ja-JP', 'en'])).toBe('ja');
    expect(pickLang('', ['fr'])).toBe('en');
  });
});
