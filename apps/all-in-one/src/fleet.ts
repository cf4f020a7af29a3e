import { fileURLToPath } from 'node:url';
import { PaydayError } from '#kernel';
import { urlOf, type Logger } from '#runtime';
import { ChangeSignal } from './change-signal.js';
import { SupervisedChild } from './child-process.js';

export type ServiceName = 'control' | 'ingest' | 'scorer' | 'broadcaster' | 'chaos-orchestrator' | 'prober';

export interface Member {
  service: ServiceName;
  /** For people, e.g. `scorer 2`. */
  name: string;
  /** Null while it is not up. */
  url: string | null;
}

export interface MemberOptions {
  /** Besides what every process gets. */
  env?: Record<string, string>;
  /** Read at each start. */
  args?: () => string[];
  /** Called with every message but `ready`. */
  onMessage?: (message: unknown) => void;
  onExit?: () => void;
}

interface Running extends Member {
  child: SupervisedChild;
  /** The port that it had; it asks for it again. */
  port: number;
  startsSinceReady: number;
}

/** A service that dies gets its old port back; after this many starts without success it gets a new one. */
const TRIES_ON_OLD_PORT = 3;

/** Service processes on this machine: each listens on a port of its own and is restarted when it dies. */
export class Fleet {
  private readonly running: Running[] = [];
  private readonly changed = new ChangeSignal();

  /** @param env of every process, besides what `add` gives */
  constructor(
    private readonly env: Record<string, string>,
    private readonly logger: Logger,
    /** Called whenever a process is up, at the place that `members` says. */
    private readonly onUp: () => void,
  ) {}

  /** Adds and starts `count` processes of one service. */
  add(service: ServiceName, count: number, options: MemberOptions = {}): void {
    for (let i = 1; i <= count; i++) this.addOne(service, count === 1 ? service : `${service} ${i}`, options);
  }

  /** Sends a message to every running process of one service. */
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

  /** Resolves when every process is up. @throws PaydayError `service_not_ready` naming those that are not */
  async allReady(withinMs: number): Promise<void> {
    const missing = (): string[] => this.running.filter(({ url }) => url === null).map(({ name }) => name);
    if (!(await this.changed.until(() => missing().length === 0, withinMs)))
      throw new PaydayError(
        'service_not_ready',
        `these services did not start within ${withinMs / 1000} s: ${missing().join(', ')}; what they log says why`,
      );
  }

  /** From now on nothing is restarted. */
  letGo(): void {
    for (const { child } of this.running) child.letGo();
  }

  /** Stops one service, or all. */
  async stop(graceMs: number, service?: ServiceName): Promise<void> {
    const chosen = this.running.filter((member) => service === undefined || member.service === service);
    await Promise.all(chosen.map(({ child }) => child.stop(graceMs)));
  }

  private addOne(service: ServiceName, name: string, options: MemberOptions): void {
    const child = new SupervisedChild(
      {
        name,
        modulePath: fileURLToPath(new URL(`../../${service}/src/main.js`, import.meta.url)),
        args: () => ['--port', String(this.portFor(member)), ...(options.args?.() ?? [])],
        env: () => ({ ...this.env, ...options.env }),
        onMessage: (message) =>
          isReady(message) ? this.markReady(member, message) : options.onMessage?.(message),
        onExit: () => {
          member.url = null;
          options.onExit?.();
        },
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

  private markReady(member: Running, { host, port }: Ready): void {
    member.port = port;
    member.url = urlOf(host, port);
    member.startsSinceReady = 0;
    this.changed.notify();
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
