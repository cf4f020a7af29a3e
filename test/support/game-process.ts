import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { descendantsOf, processesMarked, signal, type ProcessInfo } from './processes.js';
import { eventually } from './wait.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const LAUNCHER = join(ROOT, 'dist/apps/all-in-one/src/main.js');
/** `npx payday`. */
export const CLI = join(ROOT, 'dist/apps/cli/src/main.js');
/** The documented limit for Ctrl-C, and for the children of a killed launcher. */
export const ALL_GONE_WITHIN_MS = 5_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A folder for one game, outside the repository; its name is in the environment of every process of the game. */
export class GameFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'payday-e2e-'));
  readonly data = join(this.path, 'data');

  constructor() {
    // PostgreSQL does not run as root: under root, another user needs access.
    chmodSync(this.path, 0o755);
  }

  /** Headers of a facilitator, once the launcher has created the token. */
  facilitator(): { headers: { authorization: string } } {
    const token = readFileSync(join(this.data, 'facilitator.token'), 'utf8').trim();
    return { headers: { authorization: `Bearer ${token}` } };
  }

  /** Every living process that a launcher with this folder started, directly or not, and the launchers themselves. */
  processes(): ProcessInfo[] {
    return processesMarked(this.path);
  }

  /** Resolves when no process of this folder is alive. Rejects with those that still are. */
  async allGone(withinMs = ALL_GONE_WITHIN_MS): Promise<void> {
    await eventually(
      () => {
        const left = this.processes().map(({ pid, command }) => `${pid} ${command}`);
        if (left.length > 0) throw new Error(`these processes are still alive:\n${left.join('\n')}`);
      },
      { withinMs, everyMs: 50 },
    );
  }

  /** Kills what a failed test left, and removes the folder. */
  async remove(): Promise<void> {
    for (const { pid } of this.processes()) signal(pid, 'SIGKILL');
    await this.allGone();
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The launcher, started as `npm start` starts it: a process of its own in a process group of its own, as in a terminal. */
export class GameProcess {
  stdout = '';
  stderr = '';
  readonly startedAt = performance.now();

  /**
   * Standard error without the scorer's warnings that this machine is too busy to judge every request: they are true, and
   * not caused by what is tested.
   */
  get complaints(): string {
    const lines = this.stderr.split('\n');
    return lines
      .filter((line) => !/"msg":"[\d.]+ % of the results of the last minute were not scored/.test(line))
      .join('\n');
  }

  readonly exited: Promise<Exit>;
  private exit: Exit | undefined;
  private readonly child: ChildProcess;

  private constructor(
    readonly folder: GameFolder,
    readonly port: number,
    args: readonly string[],
    command: readonly string[] = [LAUNCHER],
    env: Record<string, string> = {},
  ) {
    this.child = spawn(process.execPath, [...command, ...args], {
      cwd: ROOT,
      env: {
        ...process.env,
        // The launcher passes PATH on to every child, and with it the mark that identifies stray ones.
        PATH: `${process.env['PATH'] ?? ''}:${folder.path}/no-programs`,
        NODE_OPTIONS: '',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      // Not 'close': a stray child would hold the pipes open.
      this.child.once('exit', (code, name) => resolve((this.exit = { code, signal: name })));
    });
  }

  /** @param args besides `--data` and `--port` @param env besides our own */
  static async start(
    folder: GameFolder,
    args: readonly string[],
    port?: number,
    env: Record<string, string> = {},
  ): Promise<GameProcess> {
    const chosen = port ?? (await freePort());
    const all = ['--data', folder.data, '--port', String(chosen), ...args];
    return new GameProcess(folder, chosen, all, [LAUNCHER], env);
  }

  /** `payday up`: every service a process of its own. @param args besides `--data` and `--port` */
  static async up(
    folder: GameFolder,
    args: readonly string[],
    env: Record<string, string>,
  ): Promise<GameProcess> {
    const port = await freePort();
    const all = ['--data', folder.data, '--port', String(port), ...args];
    return new GameProcess(folder, port, all, [CLI, 'up'], env);
  }

  /** Runs the launcher with exactly these arguments. */
  static run(folder: GameFolder, args: readonly string[]): GameProcess {
    return new GameProcess(folder, 0, args);
  }

  get pid(): number {
    return this.child.pid!;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get hasExited(): boolean {
    return this.exit !== undefined;
  }

  /** Milliseconds since the launch. */
  get ageMs(): number {
    return performance.now() - this.startedAt;
  }

  /** Resolves when standard output matches; rejects as soon as the launcher has exited without it. */
  async prints(pattern: RegExp, withinMs: number): Promise<RegExpExecArray> {
    return eventually(
      () => {
        const match = pattern.exec(this.stdout);
        if (match) return match;
        throw new Error(`standard output does not match ${String(pattern)} yet:\n${this.report()}`);
      },
      { withinMs, unless: () => this.hasExited },
    );
  }

  /** What Ctrl-C in a terminal does: SIGINT to the whole foreground process group. */
  ctrlC(): void {
    signal(-this.pid, 'SIGINT');
  }

  /** `kill -9` of the launcher alone. */
  kill(): void {
    signal(this.pid, 'SIGKILL');
  }

  /** All processes below the launcher. */
  children(): ProcessInfo[] {
    return descendantsOf(this.pid, this.folder.processes());
  }

  /** Its output, for the message of a failed test. */
  report(): string {
    const exit = this.exit ? JSON.stringify(this.exit) : 'running';
    return `launcher (${exit})\n--- stdout\n${this.stdout}\n--- stderr\n${this.stderr.slice(-8_000)}`;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs one CLI command to its end. */
export async function runCli(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
