import { ScorerStore } from '#persistence';
import { ControlApp } from '../conformance/control-app.js';
import { GameLoop } from '../game-loop.js';

let control: ControlApp;
let gameId: string;
let startsAt: number;
const SECRET = 77_777_777;

/** Fenrir earned 10, 20, then the secret; the reference team likewise. The game is frozen from the third window on. */
beforeAll(async () => {
  control = await ControlApp.open();
  ({ id: gameId, startsAt } = await control.runningGame());
  const scorer = new ScorerStore(control.database);
  const { fencingEpoch, commitSeq } = await scorer.claim(0);
  const teams = ['fenrir', 'reference'];
  await scorer.commit({
    partition: 0,
    fencingEpoch,
    commitSeq: commitSeq + 1,
    positions: {},
    state: new Uint8Array(),
    deleted: [],
    windows: [],
    ledger: teams.flatMap((teamId) =>
      [10, 20, SECRET].map((cents, windowIndex) => ({
        gameId,
        teamId,
        windowIndex,
        serviceId: 'router',
        reason: 'served' as const,
        counterpartyId: teamId,
        windowStartAt: startsAt + windowIndex * 5000,
        count: 1,
        cents,
        histogram: null,
        samples: [],
        note: '',
      })),
    ),
    scores: teams.map((teamId) => ({
      gameId,
      teamId,
      commitSeq: commitSeq + 1,
      asOf: startsAt + 15_000,
      salaryCents: SECRET + 30,
      payPerMinuteCents: 0,
      trend: { oneMinuteCents: 0, fiveMinutesCents: 0 },
      services: [],
    })),
  });
  await scorer.close();
  control.nowMs = startsAt + 8_000;
  await control.call('post', `games/${gameId}/freeze`, { as: control.boss }).expect(200);
}, 60_000);
afterAll(() => control?.close());

const PATHS = [
  'ledger',
  'ledger?team=fenrir',
  'ledger?team=fenrir&fromWindow=2',
  'ledger?format=ndjson',
  'ledger?format=csv',
  'history',
  'history?team=fenrir&points=1',
];
const read = async (path: string, as?: string): Promise<string> => {
  const answer = await control
    .call('get', path, { as })
    .buffer()
    .parse((response, done) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => done(null, text));
    })
    .expect(200);
  return answer.body as string;
};
const shows = async (path: string, as?: string): Promise<boolean> => /77777\d\d\d/.test(await read(path, as));

const summary = async (): Promise<unknown> => JSON.parse(await read(`games/${gameId}/summary`));
const FENRIR = { id: 'fenrir', name: 'Fenrir Works', color: '#e4572e' };

test('before the boundary everybody sees everything', async () => {
  for (const path of PATHS) expect([path, await shows(path)]).toEqual([path, true]);
});

test('the summary counts all requests and ranks the ranked teams', async () => {
  expect(await summary()).toEqual({
    ...{ id: gameId, name: 'Test', state: 'running', teams: 2, requests: 6 },
    topFive: [{ rank: 1, team: FENRIR, salaryCents: SECRET + 30 }],
  });
  await control.call('get', 'games/none/summary').expect(404);
});

describe('during the freeze', () => {
  beforeAll(() => (control.nowMs = startsAt + 10_000));

  test.each(PATHS)('%s hides everything from the freeze on from the public', async (path) => {
    expect(await shows(path)).toBe(false);
    for (const role of ['integration', 'prober'] as const)
      expect([role, await shows(path, await control.token({ role }))]).toEqual([role, false]);
    const elsewhere = await control.token({ role: 'facilitator', gameId: 'other' });
    expect(await shows(path, elsewhere)).toBe(false);
  });

  test.each(PATHS)('%s shows facilitators and read-only tokens everything', async (path) => {
    for (const role of ['facilitator', 'read-only'] as const)
      expect([role, await shows(path, await control.token({ role }))]).toEqual([role, true]);
  });

  test('a team sees only its own entries', async () => {
    const fenrir = await control.token({ role: 'team', gameId, teamId: 'fenrir' });
    for (const path of PATHS.filter((each) => each.includes('fenrir')))
      expect([path, await shows(path, fenrir)]).toEqual([path, true]);
    expect(await shows('ledger?team=reference', fenrir)).toBe(false);
    expect(await shows('history?team=reference', fenrir)).toBe(false);
    const all = JSON.parse(await read('ledger', fenrir)) as { entries: { teamId: string; cents: number }[] };
    expect(all.entries.filter(({ cents }) => cents === SECRET).map(({ teamId }) => teamId)).toEqual([
      'fenrir',
    ]);
  });

  test('sums and salaries are those of what is shown', async () => {
    const page = JSON.parse(await read('ledger?team=fenrir')) as object;
    expect(page).toMatchObject({ salaryCents: 30, total: { entries: 2, cents: 30 } });
    const { series } = JSON.parse(await read('history?team=fenrir')) as { series: object[] };
    expect(series).toEqual([
      { teamId: 'fenrir', at: [startsAt + 5000, startsAt + 10_000], salaryCents: [10, 30] },
    ]);
  });

  test('the summary has the numbers of the boundary, for everybody', async () => {
    const frozen = { state: 'running', requests: 4, topFive: [{ rank: 1, team: FENRIR, salaryCents: 30 }] };
    expect(await summary()).toMatchObject(frozen);
    expect(await shows(`games/${gameId}/summary`, control.boss)).toBe(false);
  });

  test('an invalid token is refused rather than treated as no token', async () => {
    await control.call('get', 'ledger', { as: 'Bearer nonsense' }).expect(401);
  });
});

test('after the reveal everybody sees everything', async () => {
  await control.call('post', `games/${gameId}/end`, { as: control.boss }).expect(200);
  control.nowMs = startsAt + 60_000;
  await control.call('post', `games/${gameId}/seal`, { as: control.boss }).expect(200);
  expect(await shows('ledger')).toBe(false);
  expect(await summary()).toMatchObject({ requests: 4 });
  await control.scoreLast(gameId);
  await control.app.get(GameLoop).tick();
  await control.call('post', `games/${gameId}/reveal`, { as: control.boss }).expect(200);
  for (const path of PATHS) expect([path, await shows(path)]).toEqual([path, true]);
  expect(await summary()).toMatchObject({ requests: 6, topFive: [{ salaryCents: SECRET + 30 }] });
});
