import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { GameState } from '#contracts';
import { FakeGame } from '../fake-game.js';
import { startFakeServer } from '../fake-server.js';

/** Plays a made-up game: `node apps/web/dev/serve.mjs --teams 42 --port 5180`. Build the page first. */
export async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      teams: { type: 'string', default: '10' },
      port: { type: 'string', default: '5180' },
      seed: { type: 'string', default: '7' },
      /** lobby, running, frozen, paused, ended or sealed: the state of the game from the start. */
      state: { type: 'string', default: 'running' },
    },
  });
  const nowMs = Date.now();
  const game = new FakeGame({
    teams: Number(values.teams),
    seed: Number(values.seed),
    startsAt: nowMs - 77 * 60_000,
    nowMs,
    endsAt: nowMs + 6_138_000,
    epoch: String(nowMs),
  });
  const root = fileURLToPath(new URL('../../../../dist/apps/web/public', import.meta.url));
  const server = await startFakeServer({ game, root, port: Number(values.port) });
  console.log(`A made-up game of ${values.teams} teams: ${server.url}`);
  if (values.state !== 'running') {
    const frozen = values.state === 'frozen';
    const state = frozen ? 'running' : (values.state as GameState);
    game.change(nowMs, (view) => {
      view.game = { ...view.game, state, frozen, pausedAt: state === 'paused' ? nowMs : null };
      if (state === 'ended' || state === 'sealed') view.game.endsAt = nowMs;
      if (state === 'lobby') view.game.endsAt = view.game.startsAt = null;
      if (state === 'lobby') for (const row of view.standings) row.salaryCents = row.payPerMinuteCents = 0;
    });
    if (frozen) setInterval(() => server.send(game.heartbeat(Date.now())), 1_000);
    return;
  }
  let at = Date.now();
  setInterval(() => {
    const now = Date.now();
    server.send(game.step(now, now - at));
    at = now;
  }, 100);
}
