import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ScorerStore } from '#persistence';
import { GameLoop } from '../game-loop.js';
import { ControlApp, SCENARIO } from '../conformance/control-app.js';

/**
 * Walks every readable route of control as every kind of reader: only facilitators and the team itself may see the address
 * of a service and what it answered.
 */
const HOST = 'fenrir-hides-here.example';
const BODY = 'body-of-fenrir';
const AT_A_RIVALS = 'answered-by-reference';

let control: ControlApp;
let gameId: string;
let startsAt: number;
let readers: Record<string, string | undefined>;
let routes: string[];

beforeAll(async () => {
  control = await ControlApp.open();
  ({ id: gameId, startsAt } = await control.runningGame({
    probing: { ...SCENARIO.probing, proof: 'required' },
  }));
  const body = { url: `http://${HOST}:8080/base` };
  await control.call('put', 'teams/fenrir/endpoints/router', { as: control.boss, body }).expect(200);
  await score();
  readers = {
    public: undefined,
    facilitator: control.boss,
    'facilitator of this game': await control.token({ role: 'facilitator', gameId }),
    'facilitator of another game': await control.token({ role: 'facilitator', gameId: 'other' }),
    own: await control.token({ role: 'team', gameId, teamId: 'fenrir' }),
    rival: await control.token({ role: 'team', gameId, teamId: 'reference' }),
    namesake: await control.token({ role: 'team', gameId: 'other', teamId: 'fenrir' }),
    'read-only': await control.token({ role: 'read-only' }),
    integration: await control.token({ role: 'integration' }),
    prober: await control.token({ role: 'prober' }),
  };
  const { paths } = SwaggerModule.createDocument(control.app, new DocumentBuilder().build());
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    methods.get === undefined ? [] : [fill(path)],
  );
  routes = [
    ...documented,
    ...['team=fenrir', 'reason=failed', 'format=ndjson', 'format=csv'].map((query) => `ledger?${query}`),
    'teams/fenrir/endpoints/router',
  ];
}, 60_000);
afterAll(() => control?.close());

function fill(path: string): string {
  const values: Record<string, string> = { id: gameId, teamId: 'fenrir', serviceId: 'router' };
  return path.replace('/api/v1/', '').replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? name);
}

async function score(): Promise<void> {
  const scorer = new ScorerStore(control.database);
  const { fencingEpoch, commitSeq } = await scorer.claim(0);
  const failed = (windowIndex: number, counterpartyId: string, got: string) => ({
    gameId,
    teamId: 'fenrir',
    windowIndex,
    serviceId: 'router',
    reason: 'failed' as const,
    counterpartyId,
    windowStartAt: startsAt + windowIndex * 5_000,
    count: 4,
    cents: -20,
    histogram: null,
    samples: [
      {
        intendedAt: 1,
        outcome: 'redirect',
        checkId: 'c',
        request: 'GET /',
        expected: 'x',
        got,
        latencyMs: 1,
      },
    ],
    note: '',
  });
  await scorer.commit({
    partition: 0,
    fencingEpoch,
    commitSeq: commitSeq + 1,
    positions: {},
    state: new Uint8Array(),
    deleted: [],
    windows: [],
    ledger: [
      failed(0, 'fenrir', `status 302, redirect to http://${HOST}/x ${BODY}`),
      failed(1, 'reference', AT_A_RIVALS),
    ],
    scores: [],
  });
  await scorer.close();
}

async function seen(route: string, as: string | undefined): Promise<string> {
  const answer = await control
    .call('get', route, as === undefined ? {} : { as })
    .buffer()
    .parse((response, done) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => done(null, text));
    });
  return `${JSON.stringify(answer.headers)}${answer.body as string}`;
}

/** What each reader sees through each route, as "route reader: what". */
async function leaks(): Promise<string[]> {
  const found: string[] = [];
  for (const route of routes)
    for (const [reader, as] of Object.entries(readers)) {
      const text = await seen(route, as);
      const what = [HOST, BODY, AT_A_RIVALS].filter((secret) => text.includes(secret));
      if (what.length > 0) found.push(`${route} ${reader}: ${what.join(' ')}`);
    }
  return found.sort();
}

const LEDGER = ['', '?team=fenrir', '?reason=failed', '?format=ndjson', '?format=csv'].map(
  (q) => `ledger${q}`,
);
const HERE = ['facilitator', 'facilitator of this game'];
const ALLOWED = (): string[] =>
  [
    ...LEDGER.flatMap((route) => [
      ...HERE.map((reader) => `${route} ${reader}: ${HOST} ${BODY} ${AT_A_RIVALS}`),
      `${route} own: ${HOST} ${BODY}`,
    ]),
    ...HERE.map((reader) => `games/${gameId}/teams ${reader}: ${HOST}`),
    ...HERE.map((reader) => `audit ${reader}: ${HOST}`),
  ].sort();

it('walks every documented route', () => {
  expect(routes).toEqual(
    expect.arrayContaining([
      'ledger',
      'history',
      'teams',
      'audit',
      'tokens',
      'games',
      `games/${gameId}/teams`,
    ]),
  );
});

it('shows addresses and samples only to facilitators of the game and to the team that owns them', async () => {
  expect(await leaks()).toEqual(ALLOWED());
});

it('shows everybody reason, count and cents, as JSON, NDJSON and CSV', async () => {
  const { body } = await control.call('get', 'ledger?team=fenrir').expect(200);
  expect(body.entries).toMatchObject([
    { reason: 'failed', count: 4, cents: -20, samples: [] },
    { reason: 'failed', count: 4, cents: -20, samples: [] },
  ]);
  expect(body.total).toEqual({ entries: 2, cents: -40 });
  expect(await seen('ledger?format=ndjson', undefined)).toContain('"count":4,"cents":-20');
  expect(await seen('ledger?format=csv', undefined)).toContain(',router,failed,fenrir,4,-20,,,,,\n');
  const headers = await seen('ledger', undefined);
  expect(headers).toContain('"vary":"Accept, Authorization"');
});

it('shows the same while the board is frozen, and after the reveal', async () => {
  control.nowMs = startsAt + 11_000;
  await control.call('post', `games/${gameId}/freeze`, { as: control.boss }).expect(200);
  control.nowMs = startsAt + 20_000;
  expect(await leaks()).toEqual(ALLOWED());
  await control.call('post', `games/${gameId}/end`, { as: control.boss }).expect(200);
  control.nowMs = startsAt + 60_000;
  await control.call('post', `games/${gameId}/seal`, { as: control.boss }).expect(200);
  await control.scoreLast(gameId);
  await control.app.get(GameLoop).tick();
  await control.call('post', `games/${gameId}/reveal`, { as: control.boss }).expect(200);
  expect(await leaks()).toEqual(ALLOWED());
});
