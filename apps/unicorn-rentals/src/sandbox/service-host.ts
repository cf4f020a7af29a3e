import type { Server } from 'node:http';
import type { Time } from '#kernel';
import { createService } from '../http/listener.js';
import type { Answer, Handler, ServiceRequest } from '../http/service.js';
import type { FaultEffect } from './faults/kind.js';

export interface ServiceHostOptions {
  /** Creates the service with empty memory, at each start, as in a new process. */
  create: () => Handler;
  timers: Time;
  /** Sent with every answer; read for each. */
  teamProof?: () => string | undefined;
  onError?: (error: unknown) => void;
}

/** Pause before listening is retried on a port that is taken. */
const RETRY_LISTEN_MS = 100;

/**
 * One service of a team on one loopback port, with the faults that act on it. It listens whenever no fault refuses
 * connections, and keeps its port.
 */
export class ServiceHost {
  private readonly effects = new Map<string, FaultEffect>();
  private server: Server | undefined;
  private port = 0;
  private closed = false;
  /** Serializes changes to the listener. */
  private changes: Promise<void> = Promise.resolve();

  constructor(private readonly options: ServiceHostOptions) {}

  /** Listens for the first time, on `port` or (0) any free one. Rejects if it cannot. */
  async start(port: number): Promise<void> {
    this.port = port;
    await this.listen();
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when the fault acts. */
  addEffect(faultId: string, effect: FaultEffect): Promise<void> {
    this.effects.set(faultId, effect);
    return this.reconcile();
  }

  /** Resolves when the fault no longer acts. Other faults continue. */
  removeEffect(faultId: string): Promise<void> {
    this.effects.delete(faultId);
    return this.reconcile();
  }

  /** Ends the given faults and starts a clean version on the same port. Requests in progress are cut. */
  redeploy(faultIds: readonly string[]): Promise<void> {
    for (const faultId of faultIds) this.effects.delete(faultId);
    return this.reconcile(true);
  }

  /** Stops permanently. Repeatable. */
  close(): Promise<void> {
    this.closed = true;
    return this.reconcile();
  }

  private shouldListen(): boolean {
    return !this.closed && ![...this.effects.values()].some((effect) => effect.refusesConnections);
  }

  private reconcile(restart = false): Promise<void> {
    this.changes = this.changes.then(async () => {
      if (this.server !== undefined && (restart || !this.shouldListen())) await this.stop();
      while (this.server === undefined && this.shouldListen()) {
        // An outgoing connection of another process may hold the port for a moment.
        await this.listen().catch(() => this.wait());
      }
    });
    return this.changes;
  }

  private wait(): Promise<void> {
    return new Promise((resolve) => this.options.timers.after(RETRY_LISTEN_MS, resolve));
  }

  private async listen(): Promise<void> {
    const handler = this.options.create();
    const server = createService((request) => this.withFaults(handler, request), {
      teamProof: this.options.teamProof,
      onError: this.options.onError,
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    server.on('error', (error) => this.options.onError?.(error));
    const address = server.address();
    if (address !== null && typeof address !== 'string') this.port = address.port;
    this.server = server;
  }

  private async stop(): Promise<void> {
    const server = this.server;
    if (server === undefined) return;
    this.server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  private withFaults(handler: Handler, request: ServiceRequest): Promise<Answer> {
    let next = (): Promise<Answer> => handler(request);
    for (const effect of this.effects.values()) {
      if (effect.intercept === undefined) continue;
      const inner = next;
      next = () => effect.intercept!(request, inner);
    }
    return next();
  }
}
