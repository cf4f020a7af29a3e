import type { Socket } from 'node:net';
import type { Outcome } from '#contracts';
import { AnswerParser } from '../http1/index.js';
import type { Dialer, SocketListener } from './dialer.js';

/** Whoever uses a connection for one request. */
export interface ConnectionUser {
  /** The connection stands and is ours. */
  ready(): void;
  bytes(bytes: Buffer, length: number): void;
  ended(): void;
  failed(error: Error): void;
  refused(outcome: Outcome, got: string): void;
}

/** One keep-alive connection to an endpoint. It opens its socket when it is first used. */
export class Connection implements SocketListener {
  readonly parser = new AnswerParser();
  /** Answers that came over it. */
  served = 0;
  /** Position among the connections in use of its endpoint. */
  slot = -1;
  private socket: Socket | null = null;
  private user: ConnectionUser | null = null;
  private isReady = false;
  private isDestroyed = false;

  /** @param lost called if it ends while nobody uses it */
  constructor(
    private readonly dialer: Dialer,
    private readonly lost: (connection: Connection) => void,
  ) {}

  /** Calls `ready` at once where the connection stands already. */
  use(user: ConnectionUser): void {
    this.user = user;
    if (this.isReady) return user.ready();
    this.dialer.dial(this, (socket) => {
      if (this.isDestroyed) socket.destroy();
      else this.socket = socket;
    });
  }

  /** The user has what it wanted; the connection is idle. */
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

  /** A server may end an idle connection, with or without a word (408): nothing is lost. */
  private end(): void {
    if (this.isDestroyed) return;
    this.destroy();
    this.lost(this);
  }
}
