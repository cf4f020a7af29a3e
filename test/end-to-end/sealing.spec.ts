import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import type { LedgerEntry, Scenario, StandingsView } from '#contracts';
import { naiveLedger, naiveSalaries, type PlainResult } from '#testing';
import { rowOf, standings, wholeLedger } from '../support/api.js';
import { createProberToken } from '../support/database.js';
import { GameFolder, GameProcess, freePort } from '../support/game-process.js';
import { readRawGame, resultsOnce, type RawGame } from '../support/raw-log.js';
import { eventually, sleep } from '../support/wait.js';

/**
 * The end of a game in which requests take longer than the whole game: a team that hangs must lose as much by its last request
 * as one that refuses. Besides the game's own prober, a custom one without watermarks measures the team `guest`,
 * so that its windows close with the ledger.
 */
const DURATION_S = 5;
const TIMEOUT_S = 12;
const FAILURE_CENTS = -10;
const SCENARIO = `
id: sealing
name: Sealing
duration: ${DURATION_S}s
seed: sealing
services:
  - id: router
    letter: R
    checks:
      - { id: home, weight: 1, request: { path: '/' } }
probing: { timeout: ${TIMEOUT_S}s }
pay:
  window: 1s
  speedBands: [{ upTo: 1s, cents: 10 }]
  failureCents: ${FAILURE_CENTS}
  downtime: { belowAvailabilityPercent: 90, minProbes: 2, cents: -500 }
load:
  - { at: 0s, label: Steady, requestsPerSecond: { router: 10 } }
`;

const folder = new GameFolder();
let hung: Server;
let game: GameProcess;
/** The last view of an ended game, and the first of a sealed one. */
let ended: StandingsView;
let sealed: StandingsView;
/** How often each answer to the other prober occurred. */
const answers = new Map<number, number>();
let raw: RawGame;
let entries: LedgerEntry[];
let results: PlainResult[];

beforeAll(async () => {
  hung = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => hung.listen(0, '127.0.0.1', resolve));
  const { port } = hung.address() as AddressInfo;
  const team = (id: string, url?: string) => ({
    id,
    name: id,
    endpoints: url === undefined ? {} : { router: url },
  });
  const teams = [
    team('hangs', `http://127.0.0.1:${port}`),
    team('refuses', `http://127.0.0.1:${await freePort()}`),
    team('guest'),
  ];
  writeFileSync(join(folder.path, 'scenario.yaml'), SCENARIO);
  writeFileSync(join(folder.path, 'teams.json'), JSON.stringify({ teams }));
  game = await GameProcess.start(folder, [
    ...['--scenario', join(folder.path, 'scenario.yaml'), '--teams-file', join(folder.path, 'teams.json')],
    ...['--log-level', 'warn'],
  ]);
  await game.prints(/Leaderboard/, 30_000);
  const { game: shown } = await standings(game.url);
  const guest = withoutWatermarks(shown.id, await createProberToken(folder, shown.id));
  ended = await eventually(
    async () => {
      const view = await standings(game.url);
      expect(view.game.state).toBe('ended');
      return view;
    },
    { withinMs: 30_000 },
  );
  while (sealed === undefined) {
    const view = await standings(game.url);
    if (view.game.state === 'sealed') sealed = view;
    else ended = view;
    await sleep(10);
  }
  await guest;
  await game.prints(/Final standings/, 10_000);
  raw = await readRawGame(folder, shown.id);
  results = resultsOnce(raw.batches);
  entries = await wholeLedger(game.url);
}, 120_000);

afterAll(async () => {
  await folder.remove();
  hung.close();
}, 15_000);

/** A simple custom prober: results, never a watermark, until the server says that the game is over. */
async function withoutWatermarks(gameId: string, token: string): Promise<void> {
  for (let seq = 0; !answers.has(409); seq++) {
    const batch = {
      ...{ gameId, teamId: 'guest', serviceId: 'router', proberId: 'homemade', epoch: 1, seq },
      results: [{ intendedAt: Date.now(), latencyMs: 5, outcome: 'bad_status' }],
    };
    const { status } = await fetch(`${game.url}/api/v1/probe-batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(batch),
    });
    answers.set(status, (answers.get(status) ?? 0) + 1);
    await sleep(100);
  }
}

const endsAt = (): number =>
  raw.events.flatMap((event) => (event.type === 'dev.payday.game.ended' ? [event.data.endsAt] : []))[0]!;
const inGame = (teamId: string): PlainResult[] =>
  results.filter((result) => result.teamId === teamId && result.intendedAt < endsAt());
const failedOf = (teamId: string): { count: number; cents: number } =>
  entries
    .filter((entry) => entry.teamId === teamId && entry.reason === 'failed')
    .reduce((sum, { count, cents }) => ({ count: sum.count + count, cents: sum.cents + cents }), {
      count: 0,
      cents: 0,
    });

it('a team that hangs pays for its last request what a team that refuses does', () => {
  const paid = ['hangs', 'refuses'].map((teamId) => {
    const all = inGame(teamId);
    const excused = all.filter(({ outcome }) => outcome === 'prober_error').length;
    const { count, cents } = failedOf(teamId);
    // Every recorded result is paid, to the cent.
    expect({ teamId, count, cents }).toEqual({
      teamId,
      count: all.length - excused,
      cents: (all.length - excused) * FAILURE_CENTS,
    });
    return { requests: all.length, wouldHavePaid: cents + excused * FAILURE_CENTS };
  });
  expect(paid[0]).toEqual(paid[1]);
  expect(paid[0]!.requests).toBeGreaterThan(DURATION_S * 5);
  const last = Math.max(...inGame('hangs').map(({ intendedAt }) => intendedAt));
  expect(endsAt() - last).toBeLessThan(1_000);
});

it('the ledger was open until the last request had had its time', () => {
  const { sealedAt } = raw.events.find((event) => event.type === 'dev.payday.game.sealed')!.data as {
    sealedAt: number;
  };
  const last = Math.max(...inGame('hangs').map(({ intendedAt }) => intendedAt));
  expect(sealedAt).toBeGreaterThan(last + TIMEOUT_S * 1000);
});

it('sealed salaries are final: windows that no watermark covered are closed, and what came later does not count', async () => {
  const salaries = (view: StandingsView) =>
    Object.fromEntries(view.standings.map(({ team, salaryCents }) => [team.id, salaryCents]));
  const sums = Object.fromEntries(
    sealed.standings.map(({ team }) => [
      team.id,
      entries.filter(({ teamId }) => teamId === team.id).reduce((sum, { cents }) => sum + cents, 0),
    ]),
  );
  expect(salaries(sealed)).toEqual(sums);
  const { data } = raw.events.find(({ type }) => type === 'dev.payday.game.created')!;
  const { scenario } = data as { scenario: Scenario };
  expect(Object.fromEntries(naiveSalaries(naiveLedger(scenario, raw.events, results)))).toEqual(sums);
  // The custom prober kept the guest's windows open: their downtime came with the seal.
  const downtime = entries.filter(({ teamId, reason }) => teamId === 'guest' && reason === 'downtime');
  expect(downtime).toHaveLength(DURATION_S);
  expect(rowOf(ended, 'guest').salaryCents).toBeGreaterThan(rowOf(sealed, 'guest').salaryCents);
  expect(answers.get(409)).toBe(1);
  for (let look = 0; look < 20; look++) {
    expect(salaries(await standings(game.url))).toEqual(sums);
    await sleep(50);
  }
});
