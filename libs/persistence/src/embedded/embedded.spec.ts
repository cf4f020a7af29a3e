import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { transpileLibs } from '#testing';
import pg from 'pg';
import { findBinaries } from './binaries.js';
import { clusterPaths, ensureCluster, ensureDataDir } from './cluster.js';
import { isAlive, livingPostmaster, readPostmaster, removeStalePidFile } from './postmaster.js';
import { chooseUser, firstBarrier } from './run-as.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './start.js';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

/** The output of the launcher process, one JSON object per line. */
interface Report {
  databaseUrl: string;
  pid: number;
  guardianPid: number;
}

const LAUNCHER = `
import { startEmbeddedPostgres } from './libs/persistence/src/index.js';
const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] });
const { databaseUrl } = postgres;
let last = '';
setInterval(() => {
  const line = JSON.stringify({ databaseUrl, pid: postgres.pid, guardianPid: postgres.guardianPid });
  if (line !== last) console.log((last = line));
}, 20);
process.once('SIGTERM', async () => { await postgres.stop(); process.exit(0); });
`;

let code: string;
let folder: string;
let guardianFile: string;
const launchers: Launcher[] = [];

beforeAll(async () => {
  await mkdir(join(REPOSITORY, '.payday'), { recursive: true });
  code = await mkdtemp(join(REPOSITORY, '.payday', 'launcher-'));
  folder = await mkdtemp(join(tmpdir(), 'payday-embedded-'));
  await chmod(folder, 0o755);
  await transpileLibs(['kernel', 'contracts', 'persistence'], code);
  await writeFile(join(code, 'launcher.js'), LAUNCHER);
  guardianFile = join(code, 'libs/persistence/src/embedded/guardian.js');
});

afterAll(async () => {
  for (const launcher of launchers) launcher.kill();
  await Promise.all(launchers.map((launcher) => launcher.gone));
  await eventually(() => launchers.every((launcher) => launcher.pids.every((pid) => !isAlive(pid))));
  await rm(code, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

describe('startEmbeddedPostgres', () => {
  let postgres: EmbeddedPostgres;
  const lines: string[] = [];

  beforeAll(async () => {
    postgres = await startEmbeddedPostgres({
      dataDir: join(folder, 'main'),
      guardianFile,
      log: (line) => lines.push(line),
    });
  });
  afterAll(() => postgres?.stop());

  it('serves PostgreSQL 18 with durable settings, bytewise collation and UTC', async () => {
    expect(
      await ask(
        postgres.databaseUrl,
        `SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('fsync') AS fsync,
                current_setting('synchronous_commit') AS sync, current_setting('full_page_writes') AS pages,
                current_setting('server_encoding') AS encoding, current_setting('TimeZone') AS zone,
                current_setting('data_checksums') AS checksums, 'a' > 'B' AS bytewise`,
      ),
    ).toEqual({
      version: 18,
      fsync: 'on',
      sync: 'on',
      pages: 'on',
      encoding: 'UTF8',
      zone: 'UTC',
      checksums: 'on',
      bytewise: true,
    });
  });

  it('keeps its password in a file that only its owner can read, and out of the log', async () => {
    const paths = clusterPaths(join(folder, 'main'));
    const password = new URL(postgres.databaseUrl).password;
    expect((await stat(paths.passwordFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(paths.passwordFile, 'utf8')).toBe(password);
    await expect(ask(postgres.databaseUrl, `SELECT 'secret-value'::int`)).rejects.toThrow();
    const log = await readFile(paths.logFile, 'utf8');
    expect(log + lines.join('\n')).not.toContain(password);
    expect(log).not.toContain("SELECT 'secret");
    expect((await readdir(paths.dataDir)).filter((name) => name.startsWith('init-'))).toEqual([]);
  });

  it('is restarted by its guardian under the same URL when it is killed', async () => {
    const before = postgres.pid!;
    await ask(postgres.databaseUrl, 'CREATE TABLE survives AS SELECT 42 AS n');
    process.kill(before, 'SIGKILL');
    await eventually(() => postgres.pid !== null && postgres.pid !== before);
    await eventually(async () => (await ask(postgres.databaseUrl, 'SELECT n FROM survives')).n === 42);
  });

  it('refuses a folder that a running process owns', async () => {
    const other = new Launcher(join(folder, 'owned'));
    const { databaseUrl } = await other.report();
    await expect(
      startEmbeddedPostgres({ dataDir: join(folder, 'owned'), guardianFile }),
    ).rejects.toMatchObject({
      code: 'data_dir_in_use',
    });
    expect(await ask(databaseUrl, 'SELECT 1 AS n')).toEqual({ n: 1 });
    await other.stop();
  });

  it.each([
    ['a new folder', 4, null],
    ['a folder whose owner died', 2, '{"pid":4194000,"startMark":"boot/1"}'],
    ['a folder with a broken owner file', 2, '{"pid":'],
  ])('starts %s once when several try at the same time', async (name, count, ownerFile) => {
    const dataDir = join(folder, name.replaceAll(' ', '-'));
    if (ownerFile !== null) {
      await mkdir(dataDir);
      await writeFile(clusterPaths(dataDir).ownerFile, ownerFile);
    }
    const tries = await Promise.allSettled(
      Array.from({ length: count }, () => startEmbeddedPostgres({ dataDir, guardianFile })),
    );
    const won = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const lost = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(won).toHaveLength(1);
    for (const reason of lost) expect(reason).toMatchObject({ code: 'data_dir_in_use' });
    expect(await ask(won[0]!.databaseUrl, 'SELECT 1 AS n')).toEqual({ n: 1 });
    await won[0]!.stop();
    expect((await readdir(dataDir)).sort()).toEqual(['cluster', 'password', 'postgres.log']);
  });

  it('reports the cause when the cluster is broken', async () => {
    const dataDir = join(folder, 'broken');
    const paths = clusterPaths(dataDir);
    await ensureDataDir(paths, findBinaries(), chooseUser());
    await ensureCluster(paths, findBinaries(), chooseUser());
    await writeFile(join(paths.cluster, 'PG_VERSION'), '9\n');
    await expect(startEmbeddedPostgres({ dataDir, guardianFile })).rejects.toMatchObject({
      code: 'postgres_start_failed',
      message: expect.stringMatching(/incompatible|version/) as string,
    });
  });

  it('quickly reports a password that does not belong to the cluster', async () => {
    const dataDir = join(folder, 'torn-copy');
    const paths = clusterPaths(dataDir);
    await ensureDataDir(paths, findBinaries(), chooseUser());
    await ensureCluster(paths, findBinaries(), chooseUser());
    await rm(paths.passwordFile);
    const before = performance.now();
    await expect(startEmbeddedPostgres({ dataDir, guardianFile })).rejects.toMatchObject({
      code: 'postgres_start_failed',
      message: expect.stringContaining(paths.passwordFile) as string,
    });
    expect(performance.now() - before).toBeLessThan(30_000);
  });

  it('names the platform and DATABASE_URL if npm installed no PostgreSQL', () => {
    expect(() => findBinaries('sunos', 'sparc')).toThrow(/sunos-sparc.*DATABASE_URL/);
  });

  it('finds the folder that denies access to the database user', async () => {
    const closed = join(folder, 'closed');
    await mkdir(join(closed, 'inner'), { recursive: true });
    await chmod(closed, 0o700);
    const me = process.getuid?.() ?? 0;
    const stranger = { uid: me + 4242, gid: 4242 };
    expect(firstBarrier(join(closed, 'inner', 'data'), stranger)).toBe(closed);
    expect(firstBarrier(join(folder, 'data'), stranger)).toBe(null);
    if (me !== 0) return;
    await expect(
      startEmbeddedPostgres({ dataDir: join(closed, 'data'), guardianFile }),
    ).rejects.toMatchObject({
      code: 'postgres_unreachable_path',
      details: { barrier: closed },
    });
    await chown(closed, chooseUser()!.uid, 0);
    expect(firstBarrier(join(closed, 'data'), chooseUser()!)).toBe(null);
  });
});

describe('the guardian', () => {
  it('stops PostgreSQL within 5 s when the launcher is killed', async () => {
    const launcher = new Launcher(join(folder, 'one'));
    const { pid, guardianPid, databaseUrl } = await launcher.report();
    await ask(databaseUrl, 'SELECT 1 AS n');
    launcher.kill();
    await eventually(() => !isAlive(pid) && !isAlive(guardianPid), 5_000);
  });

  it('is replaced when it is killed, and the new one takes over the running PostgreSQL', async () => {
    const launcher = new Launcher(join(folder, 'two'));
    const before = await launcher.report();
    const client = new pg.Client(before.databaseUrl);
    await client.connect();
    process.kill(before.guardianPid, 'SIGKILL');
    const after = await launcher.report(
      (now) => now.guardianPid !== before.guardianPid && now.guardianPid > 0,
    );
    expect((await client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    await client.end();
    expect(isAlive(before.pid)).toBe(true);
    // The new guardian does the same as the old one: it restarts PostgreSQL, and stops it with the launcher.
    await sleep(300);
    process.kill(before.pid, 'SIGKILL');
    const restarted = await launcher.report((now) => now.pid !== null && now.pid !== before.pid);
    await eventually(async () => (await ask(before.databaseUrl, 'SELECT 1 AS n')).n === 1);
    launcher.kill();
    await eventually(() => !isAlive(restarted.pid) && !isAlive(after.guardianPid), 5_000);
  });

  it('may be killed together with the launcher: the next start stops the leftovers and serves the same data', async () => {
    const dataDir = join(folder, 'three');
    const launcher = new Launcher(dataDir);
    const { pid, guardianPid, databaseUrl } = await launcher.report();
    await ask(databaseUrl, 'CREATE TABLE kept AS SELECT 7 AS n');
    process.kill(guardianPid, 'SIGKILL');
    launcher.kill();
    await launcher.gone;
    expect(isAlive(pid)).toBe(true);
    const next = new Launcher(dataDir);
    const now = await next.report();
    expect(isAlive(pid)).toBe(false);
    expect(await ask(now.databaseUrl, 'SELECT n FROM kept')).toEqual({ n: 7 });
    await next.stop();
    expect(isAlive(now.pid)).toBe(false);
  });

  it('stops everything on request and leaves no pid files', async () => {
    const dataDir = join(folder, 'four');
    const launcher = new Launcher(dataDir);
    const { pid, guardianPid } = await launcher.report();
    await launcher.stop();
    expect([isAlive(pid), isAlive(guardianPid)]).toEqual([false, false]);
    expect(readPostmaster(clusterPaths(dataDir).cluster)).toBe(null);
    expect(await readdir(dataDir)).not.toContain('owner.json');
  });
});

describe('a pid file', () => {
  it('of an unrelated process is removed without touching the process', async () => {
    const cluster = join(folder, 'stale');
    await mkdir(cluster);
    const bystander = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
    await writeFile(join(cluster, 'postmaster.pid'), `${bystander.pid}\n${cluster}\n1700000000\n5432\n`);
    expect(readPostmaster(cluster)).toEqual({ pid: bystander.pid, dataDir: cluster, port: 5432 });
    expect(livingPostmaster(cluster)).toBe(null);
    removeStalePidFile(cluster);
    expect(readPostmaster(cluster)).toBe(null);
    expect(isAlive(bystander.pid!)).toBe(true);
    bystander.kill();
  });

  it('that is incomplete is ignored', async () => {
    const cluster = join(folder, 'torn');
    await mkdir(cluster);
    await writeFile(join(cluster, 'postmaster.pid'), '12');
    expect(readPostmaster(cluster)).toBe(null);
  });
});

/** A launcher in a separate process that a test may kill. */
class Launcher {
  readonly gone: Promise<void>;
  /** All processes that it ever reported. */
  readonly pids: number[] = [];
  private readonly child: ChildProcess;
  private last: Report | null = null;
  private stderr = '';

  constructor(dataDir: string) {
    this.child = spawn(process.execPath, [join(code, 'launcher.js'), dataDir], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    this.gone = new Promise((resolve) => this.child.once('exit', () => resolve()));
    this.child.stderr!.on('data', (chunk) => (this.stderr += String(chunk)));
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.last = JSON.parse(line) as Report;
      this.pids.push(...[this.last.pid, this.last.guardianPid].filter((pid) => pid !== null));
    });
    launchers.push(this);
  }

  async report(until: (report: Report) => boolean = () => true): Promise<Report> {
    await eventually(() => {
      if (this.child.exitCode !== null) throw new Error(`the launcher ended: ${this.stderr}`);
      return this.last !== null && until(this.last);
    }, 15_000);
    return this.last!;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.gone;
  }
}

async function ask(url: string, sql: string): Promise<Record<string, unknown>> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return ((await client.query(sql)).rows[0] ?? {}) as Record<string, unknown>;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Polls until the condition is true; errors of an asynchronous condition count as false. */
async function eventually(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const result = condition();
    if (typeof result === 'boolean' ? result : await result.catch(() => false)) return;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms`);
    await sleep(20);
  }
}
