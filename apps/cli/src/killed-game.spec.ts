import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StandingsView } from '#contracts';
import type { AuditReport } from './audit.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LAUNCHER = join(ROOT, 'dist/apps/all-in-one/src/main.js');
const PAYDAY = join(ROOT, 'dist/apps/cli/src/main.js');
const NEW_GAME = ['--scenario', join(ROOT, 'scenarios/quick.yaml'), '--teams', '2', '--speed', '6'];

let data: string;
let port: number;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'payday-killed-'));
  await chmod(data, 0o755); // When tests run as root, PostgreSQL runs as another user.
  port = await freePort();
});

afterAll(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
});

function start(file: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [file, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout!.resume();
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

function payday(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(PAYDAY, [...args, '--data', data], { maxBuffer: 1 << 28 }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

async function audit(): Promise<AuditReport> {
  const { out, err } = await payday('audit', '--json');
  if (out === '') throw new Error(err);
  return JSON.parse(out) as AuditReport;
}

async function standings(): Promise<StandingsView | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/standings`);
    return response.ok ? ((await response.json()) as StandingsView) : null;
  } catch {
    return null;
  }
}

async function until<T>(what: string, withinMs: number, ask: () => Promise<T | null | false>): Promise<T> {
  for (const deadline = performance.now() + withinMs; ;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(50);
  }
}

const someSalary = async (): Promise<boolean> =>
  ((await standings())?.standings ?? []).some(({ salaryCents }) => salaryCents !== 0);

describe('a game whose launcher is killed and that goes on', () => {
  it('has a ledger that follows from its log: while it runs, after the kill, and in the end', async () => {
    const launcher = start(LAUNCHER, ...NEW_GAME, '--data', data, '--port', String(port));
    await until('a salary is shown', 30_000, someSalary);
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');
    const killed = await audit();
    expect(killed).toMatchObject({ equal: true, sealed: false, teams: 2, differences: [] });

    const resumed = start(LAUNCHER, '--resume', '--data', data, '--port', String(port));
    await until('salaries are shown again', 30_000, someSalary);
    // The launcher owns the database meanwhile.
    expect(await audit()).toMatchObject({ equal: true, differences: [] });
    await until('the game is sealed', 40_000, async () => (await standings())?.game.state === 'sealed');
    resumed.kill('SIGINT');
    expect(await once(resumed, 'exit')).toEqual([0, null]);
    const ended = await audit();
    expect(ended).toMatchObject({ equal: true, sealed: true, differences: [] });
    expect(ended.results).toBeGreaterThan(killed.results);
  }, 120_000);

  it('can be computed by an independent program from the export and the scenario', async () => {
    const files = [join(data, 'scenario.json'), join(data, 'results.ndjson')];
    expect((await payday('export', 'scenario', '--out', files[0]!)).code).toBe(0);
    expect((await payday('export', 'results', '--out', files[1]!)).code).toBe(0);
    const lines = (await readFile(files[1]!, 'utf8')).trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('{"kind":"pause"'))).toHaveLength(1);
    const { out } = await payday('export', 'standings');
    const real = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const told = await python(join(ROOT, 'docs/examples/rescore.py'), ...files);
    if (told === null) return;
    const salaries = told
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(Object.fromEntries(salaries.map(([teamId, cents]) => [teamId, Number(cents)]))).toEqual(
      Object.fromEntries(real.map(({ teamId, salaryCents }) => [teamId, salaryCents])),
    );
    const objects = (ndjson: string): Record<string, unknown>[] =>
      ndjson
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const standings = (await python(join(ROOT, 'docs/examples/rescore.py'), ...files, 'standings'))!;
    expect(objects(standings)).toEqual(real.map(({ name: _, ...line }) => line));
    const ledger = objects((await python(join(ROOT, 'docs/examples/rescore.py'), ...files, 'ledger'))!);
    expect(objects((await payday('export', 'ledger')).out)).toEqual(
      ledger.map((row) => expect.objectContaining(row)),
    );
  }, 60_000);

  it('is played on the leaderboard again, live, and ends with the same standings', async () => {
    const real = (await payday('export', 'standings')).out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const replay = start(PAYDAY, 'replay', '--speed', '4', '--data', data, '--port', String(port));
    const during = await until('the game runs', 20_000, async () => {
      const view = await standings();
      return view?.game.state === 'running' && view.asOf > 0 ? view : null;
    });
    const leftMs = during.game.endsAt! - during.serverAt;
    expect(leftMs).toBeGreaterThan(0);
    expect(during.serverAt - during.asOf).toBeLessThan(2000);
    const final = await until('the game is sealed', 40_000, async () => {
      const view = await standings();
      return view?.game.state === 'sealed' ? view : null;
    });
    expect(final.standings.map(({ team, salaryCents }) => [team.id, salaryCents])).toEqual(
      real.map(({ teamId, salaryCents }) => [teamId, salaryCents]),
    );
    const history = await (await fetch(`http://127.0.0.1:${port}/api/v1/history?points=10`)).json();
    expect(history).toMatchObject({ gameId: final.game.id, series: [{}, {}] });
    replay.kill('SIGINT');
    expect(await once(replay, 'exit')).toEqual([0, null]);
  }, 90_000);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

/** Runs a Python program; null, and loudly, where there is no Python. */
function python(...args: string[]): Promise<string | null> {
  return new Promise((resolve, reject) => {
    execFile('python3', args, (error, out) => {
      if (!error) return resolve(out);
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || process.env['CI'] === 'true')
        return reject(error);
      process.stderr.write('SKIPPED: there is no python3 to run docs/examples/rescore.py with\n');
      resolve(null);
    });
  });
}
