import { fork } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { openEventLog } from '#event-log';
import { createDriver } from '#faults';
import { openDatabase, startEmbeddedPostgres } from '#persistence';
import { RuntimeModule, systemClock } from '#runtime';
import { parseScenario } from '#scenario';
import {
  CHAOS_COMMANDS,
  ChaosEngineModule,
  Orchestrator,
} from '../../dist/apps/chaos-orchestrator/src/index.js';

export const name = 'stop-all';
export const description =
  'stop-all under 20 active faults on real agents, until all are verified gone; and with one team frozen';

const TEAM_MODULE = fileURLToPath(new URL('../../dist/apps/unicorn-rentals/src/team.js', import.meta.url));
const TEAMS = ['ants', 'bees', 'cats', 'dogs', 'eels'];
/** One injection per entry, each on all five teams: 20 faults. */
const INJECTIONS = [
  { serviceId: 'catalog', kind: 'crash', params: {} },
  { serviceId: 'pricing', kind: 'slow', params: { delayMs: 300 } },
  { serviceId: 'booking', kind: 'error-rate', params: { percent: 50 } },
  { serviceId: 'router', kind: 'hang', params: {} },
];
const TOKEN = 'a-secret-of-this-bench';
const ACTOR = { tokenId: null, role: 'system', label: 'bench' };
const GAME = 'bench';

/** @param {{quick: boolean, progress: (text: string) => void}} options */
export async function* run({ quick, progress }) {
  const runs = quick ? 8 : 40;
  const world = await open(progress);
  try {
    const healthy = [];
    for (let turn = 1; turn <= runs; turn++) {
      await world.breakAll();
      const { answeredMs, report } = await world.stopAll();
      if (report.unverified.length > 0 || report.verified.length !== 20 || !report.recorded)
        throw new Error(`${report.verified.length} verified, recorded: ${report.recorded}`);
      healthy.push(answeredMs);
      if (turn % 10 === 0) progress(`run ${turn} of ${runs}`);
    }
    yield figure('20 active faults: asked to answered, all verified gone and recorded', healthy);

    const others = [];
    const answers = [];
    const frozenRuns = quick ? 3 : 12;
    for (let turn = 1; turn <= frozenRuns; turn++) {
      await world.breakAll();
      world.freeze();
      const { answeredMs, report, goneMs } = await world.stopAll();
      world.thaw();
      if (report.verified.length !== 16 || report.unverified.length !== 4)
        throw new Error(
          `${report.verified.length} verified, ${report.unverified.length} not; 16 and 4 expected`,
        );
      others.push(Math.max(...goneMs));
      answers.push(answeredMs);
      await world.allGone();
      progress(`with a frozen team: run ${turn} of ${frozenRuns}`);
    }
    yield figure('one team of five frozen (SIGSTOP): until the other 16 faults are verified gone', others);
    yield figure('one team of five frozen (SIGSTOP): asked to answered, 16 verified, 4 reported', answers);
  } finally {
    await world.close();
  }
}

function figure(text, values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]);
  return {
    figure: text,
    unit: 'ms',
    ours: { min: at(0.001), median: at(0.5), p95: at(0.95), max: at(1) },
    peer: null,
    ratio: null,
    runs: values.length,
  };
}

async function open(progress) {
  const folder = mkdtempSync(join(tmpdir(), 'payday-bench-'));
  // Started by root, PostgreSQL runs as a different user, which needs access to the folder.
  chmodSync(folder, 0o755);
  progress('starting PostgreSQL and five teams');
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const dataSource = await openDatabase(postgres.databaseUrl, { migrate: true });
  const teams = await Promise.all(TEAMS.map(startTeam));
  const targets = new Map(
    teams.map(({ teamId, agentUrl }) => [teamId, { teamId, sandbox: { agentUrl, token: TOKEN } }]),
  );
  const runtime = RuntimeModule.register({
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    metrics: new Registry(),
    eventLog: await openEventLog('memory:'),
    dataSource,
  });
  const engine = ChaosEngineModule.register({
    targets: { targetOf: (_game, teamId) => targets.get(teamId) ?? null },
    drivers: [createDriver('sandbox')],
  });
  const imports = [runtime, engine];
  const app = await NestFactory.createApplicationContext({ module: class {}, imports }, { logger: false });
  const orchestrator = app.get(Orchestrator);
  await play(orchestrator);
  const commands = app.get(CHAOS_COMMANDS);
  let count = 0;
  let gone = [];
  commands.watch((change) => {
    if (change.type === 'fault' && change.info.state === 'reverted') gone.push(performance.now());
  });
  const open = () => commands.list({ unfinished: true }).faults;
  const until = async (holds) => {
    const deadline = performance.now() + 60_000;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`timed out: ${JSON.stringify(open())}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    async breakAll() {
      for (const each of INJECTIONS) {
        const request = { gameId: GAME, ...each, teams: 'all', ttlMs: 600_000, label: 'Bench' };
        await commands.inject({
          commandId: `c${++count}`,
          actor: ACTOR,
          request,
          confirm: `ALL ${TEAMS.length} TEAMS`,
        });
      }
      await until(() => open().length === 20 && open().every(({ state }) => state === 'active'));
    },
    async stopAll() {
      gone = [];
      const asked = performance.now();
      const report = await commands.stopAll({ commandId: `c${++count}`, actor: ACTOR });
      const answeredMs = performance.now() - asked;
      return { answeredMs, report, goneMs: gone.map((at) => at - asked) };
    },
    allGone: () => until(() => open().length === 0),
    freeze: () => process.kill(teams[2].child.pid, 'SIGSTOP'),
    thaw: () => process.kill(teams[2].child.pid, 'SIGCONT'),
    async close() {
      await orchestrator.close();
      for (const { child } of teams) child.kill('SIGKILL');
      await dataSource.destroy();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The services of the quick game for one day, without a timeline. */
async function play(orchestrator) {
  const file = new URL('../../scenarios/quick.yaml', import.meta.url);
  const scenario = {
    ...parseScenario(readFileSync(file, 'utf8'), 'quick.yaml'),
    durationMs: 86_400_000,
    timeline: [],
    chaos: { maxTeams: TEAMS.length, maxDurationMs: 600_000, cooldownMs: 0, maxActive: 20 },
  };
  const startsAt = systemClock.nowMs() - 1_000;
  const events = [
    ['game.created', { gameId: GAME, name: GAME, seed: GAME, scenario }],
    ...TEAMS.map((id) => ['team.added', { team: { id, name: id, color: '#fff', ranked: true } }]),
    ['game.scheduled', { startsAt, endsAt: startsAt + scenario.durationMs }],
  ].map(([type, data], i) => ({
    ...{ id: `${i}`, type: `dev.payday.${type}`, source: '/control', subject: GAME },
    ...{ time: startsAt, sequence: i + 1, data },
  }));
  for (const event of events) await orchestrator.handle(event);
  await orchestrator.start();
}

function startTeam(teamId) {
  const skill = JSON.stringify({ router: 1, catalog: 1, pricing: 1, booking: 1, engineer: 0 });
  const child = fork(TEAM_MODULE, ['--team', teamId, '--seed', 'bench', '--skill', skill], {
    env: { PATH: process.env.PATH, PAYDAY_AGENT_TOKEN: TOKEN },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`team ${teamId} ended with ${code}`)));
    child.on('message', ({ agentUrl }) => resolve({ teamId, child, agentUrl }));
  });
}
