import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './game-process.js';

/** An external program: a team's service, or an off-the-shelf web server. */
export class Program {
  readonly url: Promise<string>;
  private readonly child: ChildProcess;

  /** @param said finds the address in the program's output when it is ready; group 1 is the port */
  constructor(
    command: string,
    args: readonly string[],
    said: RegExp,
    env: Record<string, string> = {},
    cwd = ROOT,
  ) {
    this.child = spawn(command, args, {
      cwd,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    this.url = new Promise((resolve, reject) => {
      const hear = (text: string): void => {
        output += text;
        const port = said.exec(output)?.[1];
        if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
      };
      this.child.stdout!.setEncoding('utf8').on('data', hear);
      this.child.stderr!.setEncoding('utf8').on('data', hear);
      this.child.once('error', reject);
      this.child.once('exit', () => reject(new Error(`${command} ${args.join(' ')} ended: ${output}`)));
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

/** The demo company as a real team deploys it: four programs, each started alone. */
export async function startDemoCompany(programs: Program[]): Promise<Record<string, string>> {
  const start = async (name: string, env: Record<string, string> = {}): Promise<string> => {
    const script = join(ROOT, `dist/apps/unicorn-rentals/src/${name}.js`);
    const program = new Program(process.execPath, [script], /listens on http:\/\/[^:]+:(\d+)/, {
      PORT: '0',
      ...env,
    });
    programs.push(program);
    return program.url;
  };
  const [catalog, pricing, booking] = await Promise.all(
    ['catalog', 'pricing', 'booking'].map((name) => start(name)),
  );
  const router = await start('router', {
    CATALOG_URL: catalog!,
    PRICING_URL: pricing!,
    BOOKING_URL: booking!,
  });
  return { router, catalog: catalog!, pricing: pricing!, booking: booking! };
}
