import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase, startEmbeddedPostgres } from '#persistence';
import { freePort, until } from '../harness/launcher.mjs';
import { cpuSeconds, familyCpuSeconds } from './cpu.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** PostgreSQL with the settings of `npm start`: it flushes each commit. */
export async function startDatabase(progress) {
  progress('starting PostgreSQL');
  const folder = mkdtempSync(join(tmpdir(), 'payday-bench-postgres-'));
  // Started by root, PostgreSQL runs as a different user, which needs access to the folder.
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data') });
  let made = 0;
  return {
    /** Creates an empty database with the schema. @returns {Promise<string>} its URL */
    async fresh() {
      const name = `bench_${++made}`;
      const admin = await openDatabase(server.databaseUrl, { poolSize: 1 });
      await admin.query(`CREATE DATABASE ${name}`);
      await admin.destroy();
      const url = new URL(server.databaseUrl);
      url.pathname = `/${name}`;
      await (await openDatabase(url.href, { migrate: true })).destroy();
      return url.href;
    },
    cpu: () => familyCpuSeconds(server.pid),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts one service like `payday run`; resolves when it is ready. */
export async function startService(name, { logUrl, databaseUrl, env = {} }) {
  const port = await freePort();
  const args = ['dist/apps/cli/src/main.js', 'run', name, '--log', logUrl, '--port', String(port)];
  const child = spawn(process.execPath, [...args, '--log-level', 'error'], {
    cwd: root,
    env: { ...process.env, DATABASE_URL: databaseUrl, ...env },
    stdio: ['ignore', 'ignore', 2],
  });
  const url = `http://127.0.0.1:${port}`;
  await until(30_000, async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended`);
    return (await fetch(`${url}/readyz`)).ok ? true : null;
  });
  return {
    url,
    cpu: () => cpuSeconds(child.pid),
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** The scorer on an empty database, so it reads the topic from the beginning. */
export async function startScorer(logUrl, database) {
  const scorer = await startService('scorer', { logUrl, databaseUrl: await database.fresh() });
  const scored = /^payday_scorer_results_total (\d+)/m;
  return {
    processed: async () => Number(scored.exec(await (await fetch(`${scorer.url}/metrics`)).text())?.[1] ?? 0),
    cpu: scorer.cpu,
    databaseCpu: database.cpu,
    stop: scorer.stop,
  };
}
