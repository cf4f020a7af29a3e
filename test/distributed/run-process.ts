import { spawn, type ChildProcess } from 'node:child_process';
import { get } from '../support/api.js';
import { CLI, ROOT, freePort } from '../support/game-process.js';
import { eventually } from '../support/wait.js';

interface Readiness {
  ready: boolean;
  checks: Record<string, string>;
}

/** `payday run <service>`, as an operator starts it: without a supervising parent. */
export class RunProcess {
  stderr = '';
  readonly exited: Promise<number | NodeJS.Signals | null>;
  private readonly child: ChildProcess;
  private isGone = false;

  private constructor(
    readonly service: string,
    readonly port: number,
    env: Record<string, string>,
  ) {
    this.child = spawn(process.execPath, [CLI, 'run', service], {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PAYDAY_PORT: String(port),
        PAYDAY_DRAIN_MS: '0',
        ...env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        this.isGone = true;
        resolve(signal ?? code);
      });
    });
  }

  static async start(service: string, env: Record<string, string>): Promise<RunProcess> {
    return new RunProcess(service, await freePort(), env);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get hasExited(): boolean {
    return this.isGone;
  }

  async readyz(): Promise<{ status: number; body: Readiness }> {
    const { status, body } = await get<Readiness>(`${this.url}/readyz`);
    return { status, body };
  }

  /** Resolves with the checks when `/readyz` says 200. */
  async ready(withinMs = 30_000): Promise<Record<string, string>> {
    return eventually(
      async () => {
        const { status, body } = await this.readyz();
        if (status !== 200 || !body.ready) throw new Error(`${this.service}: ${JSON.stringify(body)}`);
        return body.checks;
      },
      { withinMs, unless: () => this.isGone },
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.stderr}`);
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** SIGTERM. @returns the exit code */
  async stop(): Promise<number | NodeJS.Signals | null> {
    this.signal('SIGTERM');
    return this.exited;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }
}
