import type { ChaosCalls, ChaosFailure, ChaosPushes } from '#contracts';
import { io as socketIo, type Socket } from 'socket.io-client';

/** Socket.IO's usual path, and the path of the chaos socket behind `payday up`, which routes by path. */
const PATHS = ['/socket.io', '/chaos/socket.io'] as const;
const NO_NAMESPACE = 'Invalid namespace';
const DEFAULT_WITHIN_MS = 10_000;
const COME_BACK_AFTER_MS = 500;

/** What the server pushes, and `connection`: true when the connection is established (again), false when it was lost. */
export type ChaosEvents = ChaosPushes & { connection: boolean };

/** Why a command was refused, or could not be sent. `code` is stable; `message` says what to do. */
export class ChaosError extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Whether a retry may succeed. A command with a `commandId` may always be sent again: it is carried out once. */
    readonly retryable: boolean,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'ChaosError';
  }
}

export interface ChaosConnection {
  /**
   * Sends one command. After a lost connection it waits for the next one and sends the command again, with the same payload.
   * @throws ChaosError with the server's code; `unavailable` (retryable) if there was no answer within `withinMs`; `closed`
   */
  call<E extends keyof ChaosCalls>(event: E, payload: ChaosCalls[E][0]): Promise<ChaosCalls[E][1]>;
  /** Returns a function that ends the subscription. */
  on<E extends keyof ChaosEvents>(event: E, listener: (payload: ChaosEvents[E]) => void): () => void;
  /** Resolves when the connection has ended: `closed` by `close()`, or the token is no longer valid. */
  readonly over: Promise<ChaosError>;
  /** Disconnects without reconnecting. */
  close(): void;
}

export interface ConnectChaosOptions {
  /** Origin of the server, e.g. `http://127.0.0.1:3000`. */
  url: string;
  /** A token of role facilitator. Sent in the handshake, never in the URL. */
  token: string;
  /** How long to wait for the first connection, and for each answer (reconnecting included), ms; default 10 000. */
  withinMs?: number;
}

/**
 * Connects to the chaos control socket and reconnects when the connection is lost.
 * @throws ChaosError `unauthenticated`, `forbidden`, `unavailable` (no answer), `not_found` (the server has no chaos socket)
 */
export async function connectChaos(options: ConnectChaosOptions): Promise<ChaosConnection> {
  const withinMs = options.withinMs ?? DEFAULT_WITHIN_MS;
  for (const path of PATHS) {
    const socket = open(options, path);
    try {
      await firstConnection(socket, options.url, withinMs);
      return new Connection(socket, withinMs);
    } catch (error) {
      socket.disconnect();
      if (!(error instanceof ChaosError) || error.code !== 'not_found') throw error;
    }
  }
  throw new ChaosError(
    'not_found',
    `There is a server at ${options.url}, but it has no chaos control socket.`,
    false,
  );
}

function open({ url, token }: ConnectChaosOptions, path: string): Socket {
  return socketIo(`${url.replace(/\/$/, '')}/chaos`, {
    path,
    auth: { token },
    forceNew: true,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 100,
    reconnectionDelayMax: 2_000,
    timeout: 5_000,
  });
}

/** @throws ChaosError `not_found` if the server knows no such namespace */
function firstConnection(socket: Socket, url: string, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last = 'no answer';
    const timer = setTimeout(
      () => done(() => reject(new ChaosError('unavailable', `Nobody answers at ${url}: ${last}.`, true))),
      withinMs,
    );
    const failed = (error: Error & { data?: { code?: string } }): void => {
      last = error.message;
      if (error.message === NO_NAMESPACE) return done(() => reject(refused('not_found', error.message)));
      const code = error.data?.code;
      if (code !== undefined) return done(() => reject(refused(code, error.message)));
    };
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      socket.off('connect', connected).off('connect_error', failed);
      settle();
    };
    const connected = (): void => done(resolve);
    socket.on('connect', connected).on('connect_error', failed);
  });
}

function refused(code: string, message: string): ChaosError {
  return new ChaosError(code, message, code === 'unavailable' || code === 'internal_error');
}

interface Acknowledgement {
  ok: boolean;
  result?: unknown;
  error?: ChaosFailure;
}

class Connection implements ChaosConnection {
  /** Reject the calls that wait when the connection ends. */
  private readonly waiting = new Set<(error: ChaosError) => void>();
  private ended: ChaosError | null = null;
  private tellOver!: (why: ChaosError) => void;
  readonly over = new Promise<ChaosError>((resolve) => (this.tellOver = resolve));

  constructor(
    private readonly socket: Socket,
    private readonly withinMs: number,
  ) {
    socket.on('disconnect', (reason) => {
      // The server closed it: it is stopping, the token is no longer valid, or there were too many commands.
      if (reason === 'io server disconnect') this.comeBack();
    });
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      const code = error.data?.code;
      if (code === 'unauthenticated' || code === 'forbidden') this.end(refused(code, error.message));
      // Refused for another reason, after which Socket.IO does not retry.
      else if (!socket.active) this.comeBack();
    });
  }

  private comeBack(): void {
    setTimeout(() => {
      if (this.ended === null) this.socket.connect();
    }, COME_BACK_AFTER_MS);
  }

  async call<E extends keyof ChaosCalls>(event: E, payload: ChaosCalls[E][0]): Promise<ChaosCalls[E][1]> {
    const answer = await this.acknowledged(event, payload);
    if (answer.ok) return answer.result as ChaosCalls[E][1];
    const { code, message, retryable, details } = answer.error!;
    throw new ChaosError(code, message, retryable, details);
  }

  on<E extends keyof ChaosEvents>(event: E, listener: (payload: ChaosEvents[E]) => void): () => void {
    if (event !== 'connection') {
      this.socket.on(event as string, listener);
      return () => void this.socket.off(event as string, listener);
    }
    const tell = listener as (isConnected: boolean) => void;
    const connected = (): void => tell(true);
    const lost = (): void => tell(false);
    this.socket.on('connect', connected).on('disconnect', lost);
    return () => void this.socket.off('connect', connected).off('disconnect', lost);
  }

  close(): void {
    this.end(new ChaosError('closed', 'The connection was closed.', false));
  }

  /** Sent now or on the next connection; again on each connection until it is answered. */
  private acknowledged(event: string, payload: object): Promise<Acknowledgement> {
    return new Promise((resolve, reject) => {
      if (this.ended !== null) return reject(this.ended);
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        this.socket.off('connect', send);
        this.waiting.delete(fail);
        then();
      };
      const fail = (error: ChaosError): void => settle(() => reject(error));
      const noAnswer = (): void =>
        fail(new ChaosError('unavailable', `No answer to ${event} within ${this.withinMs} ms.`, true));
      const timer = setTimeout(noAnswer, this.withinMs);
      const send = (): void =>
        void this.socket.emit(event, payload, (answer: Acknowledgement) => settle(() => resolve(answer)));
      this.waiting.add(fail);
      this.socket.on('connect', send);
      if (this.socket.connected) send();
    });
  }

  private end(why: ChaosError): void {
    this.ended ??= why;
    this.socket.disconnect();
    for (const fail of [...this.waiting]) fail(this.ended);
    this.tellOver(this.ended);
  }
}
