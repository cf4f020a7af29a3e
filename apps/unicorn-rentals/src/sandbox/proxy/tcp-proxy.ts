import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Time } from '#kernel';
import type { FaultEffect } from '../faults/kind.js';
import { Line, LinkConditions } from './link.js';

export interface TcpProxyOptions {
  /** Where the service listens, on loopback; asked at each connection. */
  servicePort: () => number;
  timers: Time;
  onError?: (error: unknown) => void;
}

const MAX_CONNECTIONS = 2_000;
/** A connection that holds more than this back is not read on, in either direction. */
const MAX_HELD_BYTES = 256 * 1024;
/** A customer that doesn't hang up behind the service's end is hung up on. */
const LINGER_MS = 5_000;

/**
 * The network between customers and one service: a TCP proxy on a loopback port, always there, that the faults of the
 * network act on. It strikes connections that are open already as well as new ones. While nothing acts, bytes pass
 * within the event that brought them.
 */
export class TcpProxy {
  private readonly conditions = new LinkConditions();
  private readonly pairs = new Set<Pair>();
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly options: TcpProxyOptions) {}

  /** Listens on `port` or (0) any free one. Rejects if it can't be had. */
  async start(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const pair = new Pair(client, this.options, this.conditions, () => this.pairs.delete(pair));
      this.pairs.add(pair);
    });
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    server.on('error', (error) => this.options.onError?.(error));
    const address = server.address();
    if (address !== null && typeof address !== 'string') this.port = address.port;
    this.server = server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Open connections. */
  get connections(): number {
    return this.pairs.size;
  }

  /** Bytes that faults hold back, of all connections together. */
  get heldBytes(): number {
    return [...this.pairs].reduce((sum, pair) => sum + pair.heldBytes, 0);
  }

  async addEffect(faultId: string, effect: FaultEffect): Promise<void> {
    if (effect.network !== undefined) this.conditions.add(faultId, effect.network);
  }

  async removeEffect(faultId: string): Promise<void> {
    this.conditions.remove(faultId);
  }

  /** Stops for good. Repeatable. */
  async close(): Promise<void> {
    const server = this.server;
    if (server === undefined) return;
    this.server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const pair of this.pairs) pair.cut();
    });
  }
}

/** A customer's connection and the one to the service that belongs to it. */
class Pair {
  private readonly service: Socket;
  private readonly requests: Line;
  private readonly answers: Line;
  /** What the customer sends next begins a request. */
  private betweenRequests = true;
  private isOver = false;

  constructor(
    private readonly client: Socket,
    options: TcpProxyOptions,
    private readonly conditions: LinkConditions,
    private readonly onClose: () => void,
  ) {
    const { timers } = options;
    this.service = connect({
      port: options.servicePort(),
      host: '127.0.0.1',
      noDelay: true,
      allowHalfOpen: true,
    });
    this.requests = new Line(conditions, timers, false, (piece) => this.toService(piece));
    this.answers = new Line(conditions, timers, true, (piece) => this.toClient(piece));
    const { service } = this;
    client.on('data', (piece: Buffer) => this.onRequest(piece));
    // Who hangs up while nothing passes has given up; otherwise it has only said all that it wants to say.
    client.on('end', () => (conditions.isBlackHole ? this.cut() : this.requests.push(null)));
    client.on('close', () => this.cut());
    client.on('error', () => this.cut());
    client.on('drain', () => this.service.resume());
    service.on('data', (piece: Buffer) => this.onAnswer(piece));
    service.on('end', () => this.answers.push(null));
    // Nobody listens there, or it died in the middle: the customer must not take what came for the whole.
    service.on('error', () => this.reset());
    service.on('drain', () => this.client.resume());
  }

  get heldBytes(): number {
    return this.requests.heldBytes + this.answers.heldBytes;
  }

  cut(): void {
    if (this.over()) this.client.destroy();
  }

  private reset(): void {
    if (this.over()) this.client.resetAndDestroy();
  }

  private over(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.requests.close();
    this.answers.close();
    this.service.destroy();
    this.onClose();
    return true;
  }

  private onRequest(piece: Buffer): void {
    const begins = this.betweenRequests;
    this.betweenRequests = false;
    if (begins && this.conditions.drawReset()) return this.reset();
    this.requests.push(piece);
    if (this.requests.heldBytes > MAX_HELD_BYTES) this.client.pause();
  }

  private onAnswer(piece: Buffer): void {
    this.betweenRequests = true;
    this.answers.push(piece);
    if (this.answers.heldBytes > MAX_HELD_BYTES) this.service.pause();
  }

  private toService(piece: Buffer | null): void {
    if (piece === null) this.service.end();
    else if (!this.service.write(piece)) this.client.pause();
    else if (this.client.isPaused() && this.requests.heldBytes <= MAX_HELD_BYTES) this.client.resume();
  }

  private toClient(piece: Buffer | null): void {
    if (piece === null) {
      this.client.setTimeout(LINGER_MS, () => this.cut());
      this.client.end();
      this.service.destroy();
    } else if (!this.client.write(piece)) this.service.pause();
    else if (this.service.isPaused() && this.answers.heldBytes <= MAX_HELD_BYTES) this.service.resume();
  }
}
