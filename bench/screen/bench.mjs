import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { launch, until } from '../harness/launcher.mjs';
import { summary } from '../harness/stats.mjs';

export const name = 'screen';
export const description = 'latency from the answer to a probe until a Socket.IO client has the new salary';

/** Teams whose answers are traced: each gets requests so rarely that every change of its salary has one cause. */
const TRACED = 20;
/** @param {{quick: boolean, progress: (text: string) => void}} options */
export async function* run({ quick, progress }) {
  const runs = quick ? 2 : 5;
  const seconds = quick ? 8 : 20;
  const figures = { p50: [], p95: [], p99: [] };
  let samples = 0;
  for (let turn = 1; turn <= runs; turn++) {
    progress(`run ${turn} of ${runs}`);
    const latencies = (await measure(seconds)).sort((a, b) => a - b);
    samples += latencies.length;
    for (const [key, share] of [
      ['p50', 0.5],
      ['p95', 0.95],
      ['p99', 0.99],
    ]) {
      figures[key].push(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]);
    }
  }
  for (const [key, values] of Object.entries(figures)) {
    yield {
      figure: `probe answered to salary at a Socket.IO client, ${key}`,
      unit: 'ms',
      ours: summary(values),
      peer: null,
      ratio: null,
      runs,
      samples,
    };
  }
}

/** Plays a game whose team services run in this process. @returns latencies in ms */
async function measure(seconds) {
  const answeredAt = new Map();
  const server = createServer((request, response) => {
    const [, teamId] = request.url.split('/');
    response.end('ok', () => answeredAt.set(teamId, performance.now()));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'payday-bench-'));
  const origin = `http://127.0.0.1:${server.address().port}`;
  writeFileSync(join(folder, 'scenario.yaml'), scenario(seconds + 30));
  writeFileSync(join(folder, 'teams.yaml'), teams(origin));
  const args = ['--scenario', join(folder, 'scenario.yaml'), '--teams-file', join(folder, 'teams.yaml')];
  args.push('--allow', '127.0.0.0/8');
  const game = await launch(args);
  try {
    return await trace(game.url, seconds, answeredAt);
  } finally {
    await game.stop();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function trace(url, seconds, answeredAt) {
  await until(60_000, async () => {
    const response = await fetch(`${url}/api/v1/standings`);
    return response.ok && (await response.json()).game.state === 'running' ? true : null;
  });
  const latencies = [];
  const salaries = new Map();
  const take = (rows) => {
    const now = performance.now();
    for (const { team, salaryCents } of rows) {
      const before = salaries.get(team.id);
      salaries.set(team.id, salaryCents);
      const answered = answeredAt.get(team.id);
      if (before === undefined || before === salaryCents || answered === undefined) continue;
      answeredAt.delete(team.id);
      latencies.push(now - answered);
    }
  };
  const socket = io(`${url}/leaderboard`, { transports: ['websocket'] });
  socket.on('snapshot', (view) => take(view.standings));
  socket.on('delta', (delta) => take(delta.rows));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  socket.close();
  if (latencies.length === 0) throw new Error('no salary changed');
  return latencies;
}

function scenario(seconds) {
  return `
id: screen
name: Screen
duration: ${seconds}s
services:
  - id: shop
    checks: [{ id: home, request: { method: GET, path: / }, expect: { status: 200, contains: ok } }]
probing: { timeout: 1s }
pay:
  window: 1s
  speedBands: [{ upTo: 1s, cents: 100 }]
  failureCents: 0
  downtime: { belowAvailabilityPercent: 0, minProbes: 1, cents: 0 }
load:
  - { at: 0s, label: steady, requestsPerSecond: 0.7 }
`;
}

function teams(origin) {
  const lines = [];
  for (let i = 0; i < TRACED; i++)
    lines.push(`  - { id: t${i}, name: T${i}, endpoints: { shop: '${origin}/t${i}' } }`);
  return `teams:\n${lines.join('\n')}\n`;
}
