import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Time } from '#kernel';
import type { FaultEffect } from '../faults/kind.js';
import { Line, LinkConditions } from './link.js';

export interface TcpProxyOptions {
  /** The port of the service on loopback; read for each connection. */
  servicePort: () => number;
  timers: Time;
  onError?: (error: unknown) => void;
}

const MAX_CONNECTIONS = 2_000;
/** A connection that buffers more than this stops being read, in either direction. */
const MAX_HELD_BYTES = 256 * 1024;
/** How long a customer may keep its side open after the service has closed, before it is cut off. */
const LINGER_MS = 5_000;

/**
 * The network between customers and one service: a TCP proxy on a loopback port that is always up, on which network faults
 * act. They affect open connections as well as new ones. Without faults, bytes pass
 * within the event that delivered them.
 */
export class TcpProxy {
  private readonly conditions = new LinkConditions();
  private readonly pairs = new Set<Pair>();
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly options: TcpProxyOptions) {}

  /** Listens on `port` or (0) any free one. Rejects if it cannot. */
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

  /** Bytes that faults hold back, over all connections. */
  get heldBytes(): number {
    return [...this.pairs].reduce((sum, pair) => sum + pair.heldBytes, 0);
  }

  async addEffect(faultId: string, effect: FaultEffect): Promise<void> {
    if (effect.network !== undefined) this.conditions.add(faultId, effect.network);
  }

  async removeEffect(faultId: string): Promise<void> {
    this.conditions.remove(faultId);
  }

  /** Stops permanently. Repeatable. */
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

/** A customer's connection and its counterpart to the service. */
class Pair {
  private readonly service: Socket;
  private readonly requests: Line;
  private readonly answers: Line;
  /** The next bytes from the customer begin a request. */
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
    // A customer that closes while nothing passes has given up; otherwise it has only finished sending.
    client.on('end', () => (conditions.isBlackHole ? this.cut() : this.requests.push(null)));
    client.on('close', () => this.cut());
    client.on('error', () => this.cut());
    client.on('drain', () => this.service.resume());
    service.on('data', (piece: Buffer) => this.onAnswer(piece));
    service.on('end', () => this.answers.push(null));
    // The service is down, or died in the middle: the customer must not mistake the partial answer for a whole one.
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
