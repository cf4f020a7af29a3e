// One run: honest teams, with or without a hostile team.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { allowedCores, spawnOn } from '../harness/processes.mjs';
import { playForProber } from '../harness/prober-game.mjs';

export const HONEST_TEAMS = 6;
const SERVICES = ['router', 'catalog', 'pricing', 'booking'];
const REQUESTS_PER_SECOND = 3;
const HOSTILE = 'hostile';
/** The prober has the last core; all other processes, and most of the kernel's work, use the first. */
const CORES = allowedCores();
const PROBER_CORE = CORES.at(-1);
const OTHERS_CORE = CORES[0];
const hooks = fileURLToPath(new URL('../../tools/typescript-hooks.mjs', import.meta.url));

/** The pay rules of a typical game, with one-second windows, so that a short run has many of them. */
function scenario(durationMs) {
  const check = {
    id: 'right',
    weight: 1,
    request: { method: 'GET', path: '/right/{{uuid}}', headers: {} },
    expect: { status: 200, json: { ok: true } },
    cases: [{}],
  };
  return {
    id: 'isolation',
    name: 'Isolation',
    description: '',
    durationMs,
    seed: 'isolation',
    services: SERVICES.map((id) => ({
      id,
      letter: id[0].toUpperCase(),
      weightPercent: 100,
      checks: [check],
    })),
    probing: { timeoutMs: 1_000, maxBodyBytes: 65_536, proof: 'off' },
    pay: {
      windowMs: 1_000,
      speedBands: [
        { upToMs: 15, cents: 145 },
        { upToMs: 30, cents: 135 },
        { upToMs: 60, cents: 125 },
        { upToMs: 120, cents: 105 },
        { upToMs: 300, cents: 70 },
        { upToMs: 1_000, cents: 20 },
      ],
      failureCents: -500,
      downtime: { belowAvailabilityPercent: 80, minProbes: 3, cents: -2_000 },
      market: { ownPercent: 100, foreignPercent: 120, providerFeeCents: 20 },
    },
    load: [
      {
        atMs: 0,
        label: 'Steady',
        requestsPerSecond: Object.fromEntries(SERVICES.map((id) => [id, REQUESTS_PER_SECOND])),
        rampMs: 0,
      },
    ],
    timeline: [],
  };
}

/** @returns {Promise<{name: string, does: string, outcomes: string[]}[]>} the table */
export async function hostileRows() {
  const child = startHostile();
  const [{ rows }] = await once(child, 'message');
  child.disconnect();
  return rows;
}

/**
 * Plays one short game.
 * @param {string | null} row the hostile team's; null: without a hostile team
 * @returns {Promise<Run>}
 */
export async function play(row, durationMs) {
  const honest = startNode({ core: OTHERS_CORE, before: true }, [
    fileURLToPath(new URL('honest.mjs', import.meta.url)),
    String(HONEST_TEAMS),
  ]);
  const hostile = row === null ? null : startHostile(row);
  try {
    const [[{ urls }], url] = await Promise.all([
      once(honest, 'message'),
      hostile && once(hostile, 'message').then(([said]) => said.url),
    ]);
    const everywhere = (at) => Object.fromEntries(SERVICES.map((id) => [id, at]));
    const teams = urls.map((at, i) => ({ id: `honest-${i}`, endpoints: everywhere(at) }));
    // In the middle of the joining order, and therefore of each second.
    if (hostile) teams.splice(HONEST_TEAMS / 2, 0, { id: HOSTILE, endpoints: everywhere(url) });
    return readRun(await playForProber({ scenario: scenario(durationMs), teams, core: PROBER_CORE }));
  } finally {
    honest.disconnect();
    hostile?.disconnect();
  }
}

/**
 * @typedef {object} Run
 * @property {{cents: number, leastCents: number, p50Ms: number, p99Ms: number, results: number, unscored: number,
 *   failed: number}} neighbours their pay in all and the least of one; latencies of good answers as reported
 * @property {{cents: number, outcomes: Record<string, number>, said: string[]}} hostile
 * @property {number} cpuSeconds of the prober, per second of the game
 * @property {boolean} complete the prober's watermark covered everything in time
 */
function readRun({ results, salaries, cpuSeconds, complete, startsAt, endsAt }) {
  const neighbours = results.filter(({ teamId }) => teamId !== HOSTILE);
  const theirs = results.filter(({ teamId }) => teamId === HOSTILE);
  const pay = [...salaries].filter(([teamId]) => teamId !== HOSTILE).map(([, cents]) => cents);
  const latencies = neighbours
    .filter(({ outcome }) => outcome === 'ok')
    .map(({ latencyUs }) => latencyUs / 1000)
    .sort((a, b) => a - b);
  const at = (share) =>
    latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? null;
  const count = (outcome) => neighbours.filter((result) => result.outcome === outcome).length;
  const outcomes = {};
  for (const { outcome } of theirs) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  return {
    neighbours: {
      cents: pay.reduce((sum, cents) => sum + cents, 0),
      leastCents: Math.min(...pay),
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      results: neighbours.length,
      unscored: count('prober_error'),
      failed: neighbours.length - count('ok') - count('prober_error'),
    },
    hostile: {
      cents: salaries.get(HOSTILE) ?? 0,
      outcomes,
      said: [...new Set(theirs.map(({ got }) => got).filter(Boolean))].slice(0, 3),
    },
    cpuSeconds: (cpuSeconds * 1000) / (endsAt - startsAt),
    complete,
  };
}

/** Uses only the time that the honest server leaves, because a server on another machine would use none of its core. */
function startHostile(row) {
  const script = fileURLToPath(new URL('hostile.mjs', import.meta.url));
  const args = ['--conditions=source', '--import', hooks, script, ...(row === undefined ? [] : [row])];
  return startNode({ core: OTHERS_CORE }, args);
}

function startNode(where, args) {
  const child = spawnOn(where, process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  child.once('error', (error) => process.stderr.write(`${error.message}\n`));
  return child;
}
