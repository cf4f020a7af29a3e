import { fork, type ChildProcess } from 'node:child_process';
import type { Logger } from '#runtime';

export interface ChildSpec {
  /** For logs, e.g. `prober` or `team fenrir-works`. */
  name: string;
  modulePath: string;
  /** Read at every start, so that a restarted child can get the ports that it had. */
  args: () => string[];
  /** Read at every start. */
  env: () => Record<string, string>;
  /** Called with every message that the child sends. */
  onMessage?: (message: unknown) => void;
  /** Called whenever it has ended, for whatever reason. */
  onExit?: () => void;
}

/** The longest pause before a restart; the first ones come sooner. */
const MAX_PAUSE_MS = 5000;
/** A child that ran this long restarts without a pause again. */
const HEALTHY_MS = 30_000;

/** A child process that is restarted whenever it dies, until it is stopped. It ends when its IPC channel to us closes. */
export class SupervisedChild {
  private child: ChildProcess | undefined;
  private stopped = false;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly spec: ChildSpec,
    private readonly logger: Logger,
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Sends a message to the child, if it runs. What a later start needs is in `args` and `env`. */
  send(message: object): void {
    if (this.child?.connected) this.child.send(message, () => undefined);
  }

  start(): void {
    if (this.stopped) return;
    try {
      this.fork();
    } catch (error) {
      // A machine that is out of memory or processes now may recover.
      this.ended({ err: error });
    }
  }

  private fork(): void {
    const startedAt = performance.now();
    const child = fork(this.spec.modulePath, this.spec.args(), {
      env: { ...baseEnvironment(), ...this.spec.env() },
      // Its logs go to our standard error; its standard output is not used.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A process group of its own: Ctrl-C in a terminal reaches us alone, and we stop the children in order.
      detached: true,
    });
    this.child = child;
    child.on('message', (message) => this.spec.onMessage?.(message));
    child.on('error', (err) => {
      this.logger.error({ err, child: this.spec.name }, 'child process error');
      // A process that never started emits no exit.
      if (child.pid === undefined) this.ended({});
    });
    child.once('exit', (code, signal) => {
      if (performance.now() - startedAt > HEALTHY_MS) this.failures = 0;
      this.ended({ code, signal });
    });
  }

  private ended(how: object): void {
    this.child = undefined;
    this.spec.onExit?.();
    if (this.stopped) return;
    const pauseMs = Math.min(MAX_PAUSE_MS, 50 * 2 ** this.failures++);
    this.logger.warn({ child: this.spec.name, ...how, pauseMs }, 'child process died; restarting it');
    this.timer = setTimeout(() => this.start(), pauseMs);
  }

  /** From now on it is not restarted when it ends. */
  letGo(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Sends SIGTERM, and SIGKILL after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.letGo();
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }
}

/** What a child needs of our environment. Anything else, such as passwords, is not passed on. */
function baseEnvironment(): Record<string, string> {
  const passed = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(
    passed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
