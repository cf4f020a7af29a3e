import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAX_LINES = 200;

/** One built service in a process of its own, which can be killed and restarted. */
export class ServiceProcess {
  private child: ChildProcess | null = null;
  private expectedToEnd = false;
  /** The last lines of its logs, across restarts. */
  readonly lines: string[] = [];
  /** Commits refused because another scorer had taken the partition over. */
  fenced = 0;
  /** Exits that the test did not cause. */
  readonly crashes: string[] = [];

  constructor(
    readonly name: string,
    private readonly env: Record<string, string>,
  ) {}

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error(`the ${this.name} is not running`);
    return this.child.pid;
  }

  start(): void {
    const child = fork(join(ROOT, 'dist/apps', this.name, 'src/main.js'), {
      cwd: ROOT,
      // Several of one kind must not use the same port.
      env: { PATH: process.env['PATH'], PAYDAY_PORT: '0', ...this.env },
      // Not those of the test's own process.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child = child;
    this.expectedToEnd = false;
    createInterface({ input: child.stderr! }).on('line', (line) => {
      if (line.includes('"code":"fenced"')) this.fenced++;
      this.lines.push(line);
      if (this.lines.length > MAX_LINES) this.lines.shift();
    });
    child.once('exit', (code, signal) => {
      if (!this.expectedToEnd) this.crashes.push(`the ${this.name} ended with ${signal ?? code}`);
    });
  }

  /** SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM: it finishes its work. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (child === null) return;
    this.child = null;
    this.expectedToEnd = true;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}
