import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, openSync, closeSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PaydayError, messageOf } from '#kernel';
import pg from 'pg';
import { findBinaries } from './binaries.js';
import {
  type ClusterPaths,
  clusterPaths,
  DATABASE_NAME,
  DATABASE_USER,
  ensureCluster,
  ensureDataDir,
  POSTGRES_ENV,
} from './cluster.js';
import {
  FAST_STOP_MS,
  type FromGuardian,
  type GuardianPlan,
  IMMEDIATE_STOP_MS,
  type ToGuardian,
} from './guardian-protocol.js';
import { clearLeftovers, releaseOwnership, takeOwnership } from './owner.js';
import { boundLog, logSize, logTail } from './log-file.js';
import { chooseUser } from './run-as.js';
import { postgresArgs } from './settings.js';

export interface EmbeddedPostgresOptions {
  /** Folder for this database only; created if missing. Used by one process at a time. */
  dataDir: string;
  /** Called with one line for the operator. Never contains the password. */
  log?: (line: string) => void;
  /** Limit for the start, including recovery after a crash. Default 60 000. */
  startWithinMs?: number;
  /** The compiled guardian. Default: `guardian.js` beside this module. */
  guardianFile?: string;
}

export interface EmbeddedPostgres {
  /** Contains the password: pass it on, but never log it. Stays valid when PostgreSQL is restarted. */
  readonly databaseUrl: string;
  readonly port: number;
  /** Process id of PostgreSQL; null while it is being restarted. */
  readonly pid: number | null;
  /** Process id of the guardian; null while it is being restarted. */
  readonly guardianPid: number | null;
  /** Stops PostgreSQL and the guardian; resolves when both are gone, after about eight seconds at most. Idempotent. */
  stop(): Promise<void>;
}

const MAX_PORT_TRIES = 5;
const MAX_DEATHS_AT_START = 3;

/**
 * Starts the PostgreSQL that npm installed, on a free loopback port. A guardian process restarts it when it dies, and stops
 * it when this process exits for whatever reason (ADR 0005).
 * @throws PaydayError `postgres_unavailable`, `postgres_unreachable_path`, `postgres_init_failed`, `data_dir_in_use`,
 * `postgres_unstoppable`, `postgres_start_failed`, `guardian_missing`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const guardianFile = options.guardianFile ?? fileURLToPath(new URL('./guardian.js', import.meta.url));
  if (!existsSync(guardianFile))
    throw new PaydayError('guardian_missing', `${guardianFile} does not exist: run \`npm run build\``);
  const binaries = findBinaries();
  const user = chooseUser();
  const paths = clusterPaths(resolve(options.dataDir));
  await ensureDataDir(paths, binaries, user);
  await takeOwnership(paths);
  try {
    const password = await ensureCluster(paths, binaries, user);
    await clearLeftovers(paths.cluster, log);
    boundLog(paths.logFile);
    const deadline = performance.now() + (options.startWithinMs ?? 60_000);
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const plan: GuardianPlan = {
        postgres: binaries.postgres,
        args: postgresArgs(paths.cluster, port),
        clusterDir: paths.cluster,
        logFile: paths.logFile,
        env: POSTGRES_ENV,
        ...(user ?? {}),
      };
      const keeper = new Keeper(plan, guardianFile, paths, log, port, password);
      try {
        await keeper.start(deadline);
        return keeper;
      } catch (error) {
        await keeper.halt();
        // Another process may have taken the port since it was found free.
        if (attempt === MAX_PORT_TRIES || !PORT_TAKEN.test(messageOf(error))) throw error;
      }
    }
  } catch (error) {
    await releaseOwnership(paths);
    throw error;
  }
}

const SURE_AFTER_MS = 1_500;
const WRONG_PASSWORD = /password authentication failed/;
const PORT_TAKEN = /could not bind|address already in use/i;

/** The launcher's side: keeps a guardian running and tracks its reports. */
class Keeper implements EmbeddedPostgres {
  readonly databaseUrl: string;
  pid: number | null = null;
  private guardian: ChildProcess | null = null;
  private deathsAtStart = 0;
  private started = false;
  private stopping: Promise<void> | null = null;

  constructor(
    private readonly plan: GuardianPlan,
    private readonly guardianFile: string,
    private readonly paths: ClusterPaths,
    private readonly log: (line: string) => void,
    readonly port: number,
    private readonly password: string,
  ) {
    this.databaseUrl = `postgres://${DATABASE_USER}:${password}@127.0.0.1:${port}/${DATABASE_NAME}`;
  }

  get guardianPid(): number | null {
    return this.guardian?.pid ?? null;
  }

  /** Resolves once the database responds. */
  async start(deadline: number): Promise<void> {
    const logFrom = logSize(this.paths.logFile);
    const sureFrom = performance.now() + SURE_AFTER_MS;
    this.spawnGuardian();
    for (;;) {
      const problem = await this.tryToUse();
      if (problem === null) break;
      // Rules out another PostgreSQL on the same port: ours would be dead by now.
      if (WRONG_PASSWORD.test(problem) && performance.now() > sureFrom && this.deathsAtStart === 0)
        throw new PaydayError(
          'postgres_start_failed',
          `the embedded PostgreSQL in ${this.paths.cluster} does not accept the password in ${this.paths.passwordFile}: restore both from the same backup, or choose another folder (--data)`,
        );
      const late = performance.now() > deadline;
      if (late || this.deathsAtStart >= MAX_DEATHS_AT_START)
        throw new PaydayError(
          'postgres_start_failed',
          `the embedded PostgreSQL ${late ? 'was not ready in time' : 'ended at once'}: ${logTail(this.paths.logFile, logFrom) || problem} (log: ${this.paths.logFile})`,
        );
      await sleep(30);
    }
    this.started = true;
  }

  async stop(): Promise<void> {
    await this.halt();
    await releaseOwnership(this.paths);
  }

  /** Stops both processes but keeps ownership of the folder. */
  halt(): Promise<void> {
    this.stopping ??= this.stopOnce();
    return this.stopping;
  }

  private spawnGuardian(): void {
    const log = openSync(this.paths.logFile, 'a', 0o600);
    const guardian = spawn(process.execPath, [this.guardianFile], {
      cwd: '/',
      env: POSTGRES_ENV,
      stdio: ['ignore', log, log, 'ipc'],
      // A separate process group: Ctrl-C in a terminal must not stop the database before its clients.
      detached: true,
    });
    closeSync(log);
    this.guardian = guardian;
    guardian.on('message', (message: FromGuardian) => this.onGuardianMessage(message));
    guardian.on('error', (error) => this.log(`the database guardian: ${error.message}`));
    guardian.once('exit', (code, signal) => this.guardianEnded(signal ?? code));
    // The guardian must not keep this process alive.
    guardian.unref();
    guardian.channel?.unref();
    guardian.send({ type: 'start', plan: this.plan } satisfies ToGuardian, () => undefined);
  }

  private onGuardianMessage(message: FromGuardian): void {
    if (message.type === 'running') {
      this.pid = message.pid;
      if (message.adopted) this.log(`the new database guardian took over PostgreSQL (pid ${message.pid})`);
      return;
    }
    this.pid = null;
    if (!this.started) this.deathsAtStart++;
    else this.log(`PostgreSQL ended (${message.signal ?? message.code ?? 'unknown'}); restarting it`);
  }

  private guardianEnded(how: number | string | null): void {
    this.guardian = null;
    if (this.stopping !== null) return;
    this.log(`the database guardian ended (${how}); a new one takes over`);
    setTimeout(() => {
      if (this.stopping === null) this.spawnGuardian();
    }, RESPAWN_MS);
  }

  private async stopOnce(): Promise<void> {
    const guardian = this.guardian;
    if (guardian !== null) {
      const gone = new Promise<void>((done) => guardian.once('exit', () => done()));
      guardian.ref();
      guardian.send({ type: 'stop' } satisfies ToGuardian, () => undefined);
      const force = setTimeout(() => guardian.kill('SIGKILL'), FAST_STOP_MS + 2 * IMMEDIATE_STOP_MS + 1_000);
      await gone;
      clearTimeout(force);
    }
    await clearLeftovers(this.paths.cluster, this.log);
    this.pid = null;
  }

  /** Connects and creates the database if it is missing. @returns the error's message, or null */
  private async tryToUse(): Promise<string | null> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: this.port,
      user: DATABASE_USER,
      password: this.password,
      database: 'postgres',
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [
        DATABASE_NAME,
      ]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE_NAME}`);
      return null;
    } catch (error) {
      return messageOf(error);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

const RESPAWN_MS = 50;

function freePort(): Promise<number> {
  return new Promise((found, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => found(port));
    });
  });
}
