import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GameEvent } from '#contracts';
import { standings } from '../support/api.js';
import { createProberToken } from '../support/database.js';
import { GameFolder, GameProcess } from '../support/game-process.js';
import { readRawGame, resultsOnce, type RawGame } from '../support/raw-log.js';
import { eventually, sleep } from '../support/wait.js';

/**
 * A game whose launcher is killed, and whose prober and teams then start slowly, as on a busy machine: here a module that
 * Node loads first delays them. No second of game time may pass without customers.
 */
const DURATION_S = 12;
const WINDOW_MS = 1_000;
const PROBER_LATE_MS = 9_000;
const TEAMS_LATE_MS = 3_000;
const SCENARIO = `
id: resumed
name: Resumed
duration: ${DURATION_S}s
seed: resumed
services:
  - id: router
    letter: R
    checks:
      - { id: rental, weight: 1, request: { path: '/rentals/sparkle?days=1' } }
probing: { timeout: 1s }
pay:
  window: ${WINDOW_MS}ms
  speedBands: [{ upTo: 1s, cents: 10 }]
  failureCents: -5
load:
  - { at: 0s, label: Steady, requestsPerSecond: { router: 20 } }
`;
const SLOW_START = `
const main = process.argv[1] ?? '';
const lateMs = main.includes('/apps/prober/') ? ${PROBER_LATE_MS} : main.includes('/unicorn-rentals/') ? ${TEAMS_LATE_MS} : 0;
if (lateMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lateMs);
`;

const folder = new GameFolder();
let game: GameProcess;
let gameId = '';
let raw: RawGame;

afterAll(() => folder.remove(), 15_000);

function eventsOf<T extends GameEvent['type']>(type: T): Extract<GameEvent, { type: T }>['data'][] {
  return raw.events.filter((event) => event.type === type).map(({ data }) => data as never);
}

/** What a prober with a wrong clock sends; it is accepted because results score by the prober's clock. */
async function accept(teamId: string, intendedAts: readonly number[]): Promise<void> {
  const authorization = `Bearer ${await createProberToken(folder, gameId)}`;
  for (const [seq, intendedAt] of intendedAts.entries()) {
    const { status } = await fetch(`${game.url}/api/v1/probe-batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({
        ...{ gameId, teamId, serviceId: 'router', proberId: 'wrong-clock', epoch: 1, seq },
        results: [{ intendedAt, latencyMs: 5, outcome: 'ok' }],
      }),
    });
    expect(status).toBe(202);
  }
}

it('begins, and is killed just after it accepted results that are dated 300 s ahead and far in the past', async () => {
  writeFileSync(join(folder.path, 'scenario.yaml'), SCENARIO);
  game = await GameProcess.start(folder, [
    ...['--scenario', join(folder.path, 'scenario.yaml'), '--teams', '2', '--log-level', 'warn'],
  ]);
  await game.prints(/Leaderboard/, 30_000);
  const view = await eventually(
    async () => {
      const now = await standings(game.url);
      expect(now.asOf).toBeGreaterThan(now.game.startsAt! + 2_500);
      return now;
    },
    { withinMs: 20_000 },
  );
  gameId = view.game.id;
  await accept(view.standings[0]!.team.id, [Date.now() + 300_000, 1]);
  game.kill();
  await game.exited;
  await folder.allGone();
}, 60_000);

it('stands still, for everybody to see, until its customers are there', async () => {
  const slow = join(folder.path, 'slow-start.mjs');
  writeFileSync(slow, SLOW_START);
  game = await GameProcess.start(folder, ['--resume', '--log-level', 'warn'], undefined, {
    NODE_OPTIONS: `--import=${pathToFileURL(slow).href}`,
  });
  const resumedAt = performance.now();
  const states: string[] = [];
  while (!game.stdout.includes('Leaderboard') && !game.hasExited) {
    const view = await standings(game.url).catch(() => null);
    if (view !== null) states.push(view.game.state);
    await sleep(50);
  }
  expect(performance.now() - resumedAt).toBeGreaterThan(TEAMS_LATE_MS + PROBER_LATE_MS);
  // The pause lasted a long time; the resumption is announced a second ahead.
  expect(states.filter((state) => state === 'paused').length).toBeGreaterThan(20);
  expect(states[0]).toBe('paused');
  await game.prints(/Final standings/, 60_000);
  raw = await readRawGame(folder, gameId);
  game.ctrlC();
  expect(await game.exited).toEqual({ code: 0, signal: null });
}, 120_000);

it('the outage is a pause, whatever results said, and the game clock has run for exactly as long as the scenario lasts', () => {
  const [pause] = eventsOf('dev.payday.game.paused');
  const [resumption] = eventsOf('dev.payday.game.resumed');
  const [{ startsAt } = { startsAt: NaN }] = eventsOf('dev.payday.game.scheduled');
  const [{ endsAt } = { endsAt: NaN }] = eventsOf('dev.payday.game.ended');
  expect(pause).toMatchObject({ reason: 'outage' });
  const pausedMs = resumption!.fromAt - pause!.fromAt;
  expect(pausedMs).toBeGreaterThan(PROBER_LATE_MS + TEAMS_LATE_MS - WINDOW_MS);
  expect(endsAt - startsAt - pausedMs).toBe(DURATION_S * 1000);
});

it('from the first second on in which it goes on every team gets its requests', () => {
  const [{ fromAt } = { fromAt: NaN }] = eventsOf('dev.payday.game.resumed');
  const [{ endsAt } = { endsAt: NaN }] = eventsOf('dev.payday.game.ended');
  const results = resultsOnce(raw.batches);
  const teamIds = eventsOf('dev.payday.team.added').map(({ team }) => team.id);
  expect(teamIds).toHaveLength(2);
  const seconds = Array.from({ length: (endsAt - fromAt) / 1000 }, (_, n) => fromAt + n * 1000);
  expect(seconds.length).toBeGreaterThan(DURATION_S / 2);
  for (const teamId of teamIds) {
    const own = results.filter((result) => result.teamId === teamId);
    const counts = seconds.map(
      (at) => own.filter(({ intendedAt }) => intendedAt >= at && intendedAt < at + 1000).length,
    );
    expect(counts.filter((count) => count === 0)).toEqual([]);
    // The load does not trickle in either: the first request is due within the first quarter of a second.
    const first = Math.min(...own.map(({ intendedAt }) => intendedAt).filter((at) => at >= fromAt));
    expect(first - fromAt).toBeLessThan(250);
  }
});
