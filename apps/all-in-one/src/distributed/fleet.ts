import { fileURLToPath } from 'node:url';
import { PaydayError } from '#kernel';
import { urlOf, type Logger } from '#runtime';
import { SupervisedChild } from '../child-process.js';

export type ServiceName = 'control' | 'ingest' | 'scorer' | 'broadcaster' | 'chaos-orchestrator' | 'prober';

export interface Member {
  service: ServiceName;
  /** For people, e.g. `scorer 2`. */
  name: string;
  /** Null while it is not up. */
  url: string | null;
}

interface Running extends Member {
  child: SupervisedChild;
  /** The port that it had; it asks for it again. */
  port: number;
  startsSinceReady: number;
}

/** A service that dies gets its old port back; one that can't have it this often gets a new one. */
const TRIES_ON_OLD_PORT = 3;

/** Service processes on this machine: each listens on a port of its own, and is started again when it dies. */
export class Fleet {
  private readonly running: Running[] = [];
  private waiters: (() => void)[] = [];

  /** @param env for every process, besides what `add` gives */
  constructor(
    private readonly env: Record<string, string>,
    private readonly logger: Logger,
    /** Called whenever a process is up, at the place that `members` says. */
    private readonly onUp: () => void = () => undefined,
  ) {}

  /**
   * Adds and starts processes of one service.
   * @param onMessage told of what they say besides that they are ready
   * @param moreArgs asked at each of their starts
   */
  add(
    service: ServiceName,
    count: number,
    env: Record<string, string> = {},
    onMessage: (message: unknown) => void = () => undefined,
    moreArgs: () => string[] = () => [],
  ): void {
    for (let i = 1; i <= count; i++)
      this.addOne(service, count === 1 ? service : `${service} ${i}`, env, onMessage, moreArgs);
  }

  /** Tells something to every process of one service that is there. */
  sendMessage(service: ServiceName, message: object): void {
    for (const member of this.running) if (member.service === service) member.child.send(message);
  }

  get members(): readonly Member[] {
    return this.running;
  }

  /** Where a service can be reached now. */
  urls(service: ServiceName): string[] {
    return this.running.flatMap((member) =>
      member.service === service && member.url !== null ? [member.url] : [],
    );
  }

  /** Resolves when every process is up. @throws PaydayError `service_not_ready` naming who is missing */
  async allReady(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const missing = this.running.filter(({ url }) => url === null).map(({ name }) => name);
      if (missing.length === 0) return;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0)
        throw new PaydayError(
          'service_not_ready',
          `these services did not start within ${withinMs / 1000} s: ${missing.join(', ')}; what they log says why`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  letGo(): void {
    for (const { child } of this.running) child.letGo();
  }

  /** Stops one service, or all. */
  async stop(graceMs: number, service?: ServiceName): Promise<void> {
    const chosen = this.running.filter((member) => service === undefined || member.service === service);
    await Promise.all(chosen.map(({ child }) => child.stop(graceMs)));
  }

  private addOne(
    service: ServiceName,
    name: string,
    env: Record<string, string>,
    onMessage: (message: unknown) => void,
    moreArgs: () => string[],
  ): void {
    const modulePath = fileURLToPath(new URL(`../../../${service}/src/main.js`, import.meta.url));
    const child = new SupervisedChild(
      {
        name,
        modulePath,
        args: () => ['--port', String(this.portFor(member)), ...moreArgs()],
        env: { ...this.env, ...env },
        onMessage: (message) =>
          isReady(message) ? this.onChildMessage(member, message) : onMessage(message),
        onExit: () => (member.url = null),
      },
      this.logger,
    );
    const member: Running = { service, name, url: null, child, port: 0, startsSinceReady: 0 };
    this.running.push(member);
    child.start();
  }

  private portFor(member: Running): number {
    return ++member.startsSinceReady > TRIES_ON_OLD_PORT ? 0 : member.port;
  }

  private onChildMessage(member: Running, { host, port }: Ready): void {
    member.port = port;
    member.url = urlOf(host, port);
    member.startsSinceReady = 0;
    for (const wake of this.waiters.splice(0)) wake();
    this.onUp();
  }
}

interface Ready {
  type: 'ready';
  host: string;
  port: number;
}

function isReady(message: unknown): message is Ready {
  return typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'ready';
}
