import type { LedgerReason } from '#contracts';
import { ScorerStore } from '#persistence';
import { ControlApp } from '../conformance/control-app.js';

let control: ControlApp;
let gameId: string;
let startsAt: number;

/** Window, team, reason, count: fenrir lost 1 of 100 requests, then 3 of 53, then all 4; the reference team none of 60. */
const ROWS: [windowIndex: number, teamId: string, reason: LedgerReason, count: number][] = [
  [0, 'fenrir', 'served', 90],
  [0, 'fenrir', 'failed', 9],
  [0, 'fenrir', 'unscored', 1],
  [0, 'fenrir', 'downtime', 1],
  [0, 'fenrir', 'usage_fee', 33],
  [1, 'fenrir', 'served', 50],
  [1, 'fenrir', 'unscored', 3],
  [2, 'fenrir', 'unscored', 4],
  [2, 'reference', 'served', 60],
];

beforeAll(async () => {
  control = await ControlApp.open();
  ({ id: gameId, startsAt } = await control.runningGame());
  const scorer = new ScorerStore(control.database);
  const { fencingEpoch, commitSeq } = await scorer.claim(0);
  await scorer.commit({
    partition: 0,
    fencingEpoch,
    commitSeq: commitSeq + 1,
    positions: {},
    state: new Uint8Array(),
    deleted: [],
    windows: [],
    scores: [],
    ledger: ROWS.map(([windowIndex, teamId, reason, count]) => ({
      gameId,
      teamId,
      windowIndex,
      serviceId: 'router',
      reason,
      counterpartyId: teamId,
      windowStartAt: startsAt + windowIndex * 5000,
      count,
      cents: 0,
      histogram: null,
      samples: [],
      note: '',
    })),
  });
  await scorer.close();
}, 60_000);
afterAll(() => control?.close());

const fenrir = { requests: 157, unscored: 8 };
const reference = { requests: 60, unscored: 0 };

test('facilitators see what was not scored: in total, by team and service, and the windows above one per cent', async () => {
  const { body } = await control.call('get', 'unscored', { as: control.boss }).expect(200);
  const window = { teamId: 'fenrir', serviceId: 'router' };
  expect(body).toEqual({
    gameId,
    total: { requests: 217, unscored: 8 },
    teams: [
      { teamId: 'fenrir', ...fenrir, services: [{ id: 'router', ...fenrir }] },
      { teamId: 'reference', ...reference, services: [{ id: 'router', ...reference }] },
    ],
    windows: [
      { ...window, windowIndex: 2, windowStartAt: startsAt + 10_000, requests: 4, unscored: 4 },
      { ...window, windowIndex: 1, windowStartAt: startsAt + 5_000, requests: 53, unscored: 3 },
    ],
    windowsAbove: 2,
  });
  await control.call('get', `unscored?game=${gameId}`, { as: control.boss }).expect(200);
});

test('a game without results reports nothing', async () => {
  const id = await control.newGame();
  const { body } = await control.call('get', `unscored?game=${id}`, { as: control.boss }).expect(200);
  expect(body).toEqual({
    gameId: id,
    total: { requests: 0, unscored: 0 },
    teams: [],
    windows: [],
    windowsAbove: 0,
  });
});

test('it is for those who run the game: the public, teams and others are refused', async () => {
  const path = `unscored?game=${gameId}`;
  await control.call('get', path).expect(401);
  for (const role of ['integration', 'prober'] as const)
    await control.call('get', path, { as: await control.token({ role }) }).expect(403);
  const team = await control.token({ role: 'team', gameId, teamId: 'fenrir' });
  await control.call('get', path, { as: team }).expect(403);
  const elsewhere = await control.token({ role: 'facilitator', gameId: 'other' });
  await control.call('get', path, { as: elsewhere }).expect(403);
  await control.call('get', path, { as: await control.token({ role: 'read-only' }) }).expect(200);
  await control.call('get', 'unscored?game=nope', { as: control.boss }).expect(404);
  await control.call('get', 'unscored?gme=nope', { as: control.boss }).expect(400);
});

describe('the ledger', () => {
  test('sums up the requests that match, whatever the reason', async () => {
    const requests = async (query: string): Promise<unknown> =>
      (await control.call('get', `ledger?game=${gameId}&${query}`).expect(200)).body.requests;
    expect(await requests('team=fenrir')).toEqual(fenrir);
    expect(await requests('team=fenrir&reason=served&limit=1')).toEqual(fenrir);
    expect(await requests('fromWindow=1&toWindow=1')).toEqual({ requests: 53, unscored: 3 });
    expect(await requests('team=reference')).toEqual(reference);
  });

  test('has an entry for them in every format', async () => {
    const { body } = await control.call('get', `ledger?game=${gameId}&reason=unscored`).expect(200);
    expect(body).toMatchObject({
      total: { entries: 3, cents: 0 },
      entries: [{ count: 1 }, { count: 3 }, { windowIndex: 2, reason: 'unscored', count: 4, cents: 0 }],
    });
    const csv = await control.call('get', `ledger?game=${gameId}&reason=unscored&format=csv`).expect(200);
    expect(csv.text.split('\n')[3]).toContain(',router,unscored,fenrir,4,0,');
  });

  test('during a freeze it shows the public what lies before it only, sums included', async () => {
    control.nowMs = startsAt + 8_000;
    await control.call('post', `games/${gameId}/freeze`, { as: control.boss }).expect(200);
    control.nowMs = startsAt + 10_000;
    const path = `ledger?game=${gameId}`;
    const { body } = await control.call('get', path).expect(200);
    expect(body.requests).toEqual({ requests: 153, unscored: 4 });
    expect(JSON.stringify(body)).not.toContain('"windowIndex":2');
    const own = await control.token({ role: 'team', gameId, teamId: 'fenrir' });
    expect((await control.call('get', path, { as: own })).body.requests).toEqual(fenrir);
    expect((await control.call('get', path, { as: control.boss })).body.requests).toEqual({
      requests: 217,
      unscored: 8,
    });
  });
});
