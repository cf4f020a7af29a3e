import type { Socket } from 'node:net';
import type { Outcome } from '#contracts';
import { AnswerParser } from '../http1/index.js';
import type { Dialer, SocketListener } from './dialer.js';

/** Uses a connection for one request. */
export interface ConnectionUser {
  /** The connection is established and belongs to this user. */
  ready(): void;
  bytes(bytes: Buffer, length: number): void;
  ended(): void;
  failed(error: Error): void;
  refused(outcome: Outcome, got: string): void;
}

/** One keep-alive connection to an endpoint. It opens its socket when it is first used. */
export class Connection implements SocketListener {
  readonly parser = new AnswerParser();
  /** Number of answers received on it. */
  served = 0;
  /** Index among its endpoint's connections in use. */
  slot = -1;
  private socket: Socket | null = null;
  private user: ConnectionUser | null = null;
  private isReady = false;
  private isDestroyed = false;

  /** @param lost called if it ends while idle */
  constructor(
    private readonly dialer: Dialer,
    private readonly lost: (connection: Connection) => void,
  ) {}

  /** Calls `ready` synchronously if the connection is already established. */
  use(user: ConnectionUser): void {
    this.user = user;
    if (this.isReady) return user.ready();
    this.dialer.dial(this, (socket) => {
      if (this.isDestroyed) socket.destroy();
      else this.socket = socket;
    });
  }

  /** Makes the connection idle: its user is done. */
  free(): void {
    this.user = null;
    this.parser.stop();
    this.served++;
  }

  write(text: string, encoding: 'latin1' | 'utf8'): void {
    this.socket?.write(text, encoding);
  }

  destroy(): void {
    this.isDestroyed = true;
    this.user = null;
    this.parser.stop();
    this.socket?.destroy();
  }

  ready(): void {
    this.isReady = true;
    this.user?.ready();
  }

  bytes(bytes: Buffer, length: number): void {
    if (this.user !== null) this.user.bytes(bytes, length);
    else this.end();
  }

  ended(): void {
    if (this.user !== null) this.user.ended();
    else this.end();
  }

  failed(error: Error): void {
    if (this.user !== null) this.user.failed(error);
    else this.end();
  }

  refused(outcome: Outcome, got: string): void {
    this.user?.refused(outcome, got);
  }

  /** A server may close an idle connection, with or without a 408: nothing is lost. */
  private end(): void {
    if (this.isDestroyed) return;
    this.destroy();
    this.lost(this);
  }
}
