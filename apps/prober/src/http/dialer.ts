import { connect as connectTcp, type LookupFunction, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Outcome } from '#contracts';
import type { AddressGuard } from './address-guard.js';
import type { Target } from './target.js';

export interface Address {
  address: string;
  family: 4 | 6;
}

/** Where a name leads, or why it leads nowhere. */
export type Resolution =
  { addresses: Address[] } | { outcome: Extract<Outcome, 'connect_error' | 'prober_error'>; got: string };

/** One team's view of names. */
export interface Names {
  /** Never rejects. */
  resolve(hostname: string): Promise<Resolution>;
  /** What is known of the name at this moment. */
  peek(hostname: string): Resolution | undefined;
}

/** What becomes of a socket. Each is called at most once, but for `bytes`. */
export interface SocketListener {
  /** The connection stands: for TLS, once the handshake is over. */
  ready(): void;
  /** @param bytes valid during the call only */
  bytes(bytes: Buffer): void;
  /** The far side sends nothing more. */
  ended(): void;
  failed(error: Error): void;
  /** No socket was opened. */
  refused(outcome: Outcome, got: string): void;
}

/** All sockets of the thread read into this, one after the other. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Opens the sockets to one endpoint, to allowed addresses only. What is checked is what is connected to: there is no second look-up that could
 * answer differently. There is no connect timeout: the caller keeps the deadline and destroys the socket.
 */
export class Dialer {
  /** TLS sessions are resumed: a handshake costs either side a thousand times what a request does. */
  #session: Buffer | undefined;

  constructor(
    private readonly target: Target,
    private readonly guard: AddressGuard,
    private readonly names: Names,
  ) {}

  /** @param onSocket is shown the socket before it is connected, so that it can be destroyed at any time */
  dial(listener: SocketListener, onSocket: (socket: Socket) => void): void {
    const { host, isAddress } = this.target;
    if (isAddress)
      return this.#connect([{ address: host, family: host.includes(':') ? 6 : 4 }], listener, onSocket);
    const known = this.names.peek(host);
    if (known !== undefined) return this.#resolved(known, listener, onSocket);
    void this.names.resolve(host).then((found) => this.#resolved(found, listener, onSocket));
  }

  #resolved(found: Resolution, listener: SocketListener, onSocket: (socket: Socket) => void): void {
    if ('outcome' in found) listener.refused(found.outcome, found.got);
    else this.#connect(found.addresses, listener, onSocket);
  }

  #connect(
    addresses: readonly Address[],
    listener: SocketListener,
    onSocket: (socket: Socket) => void,
  ): void {
    const { host, port, secure } = this.target;
    const problems = addresses.map(({ address }) => this.guard.problem(host, address, port));
    const allowed = addresses.filter((_, index) => problems[index] === null);
    const first = allowed[0];
    if (first === undefined)
      return listener.refused('connect_error', problems[0] ?? `${host} has no address`);
    const options: TcpNetConnectOpts = {
      port,
      noDelay: true,
      ...(allowed.length === 1
        ? { host: first.address, family: first.family }
        : { host, lookup: given(allowed), autoSelectFamily: true }),
    };
    onSocket(secure ? this.#secure(options, listener) : plain(options, listener));
  }

  #secure(options: TcpNetConnectOpts, listener: SocketListener): Socket {
    const { host, isAddress } = this.target;
    const socket = connectTls({
      ...options,
      ALPNProtocols: ['http/1.1'],
      // A certificate for an address is checked against it; SNI carries names only (RFC 6066 §3).
      ...(isAddress ? { servername: '' } : { servername: host }),
      ...(this.#session ? { session: this.#session } : {}),
    });
    socket.on('session', (session: Buffer) => (this.#session = session));
    socket.on('secureConnect', () => listener.ready());
    socket.on('data', (bytes: Buffer) => listener.bytes(bytes));
    return watch(socket, listener);
  }
}

function plain(options: TcpNetConnectOpts, listener: SocketListener): Socket {
  const socket = connectTcp({
    ...options,
    onread: {
      buffer: READ_BUFFER,
      callback: (length) => {
        listener.bytes(READ_BUFFER.subarray(0, length));
        return true;
      },
    },
  });
  socket.on('connect', () => listener.ready());
  return watch(socket, listener);
}

function watch<S extends Socket>(socket: S, listener: SocketListener): S {
  socket.on('end', () => listener.ended());
  socket.on('error', (error) => listener.failed(error));
  return socket;
}

/** A look-up that was made already. */
function given(addresses: readonly Address[]): LookupFunction {
  return (_name, options, done) => {
    // The platform asks for all where it may try several; it does not expect to be called back at once.
    queueMicrotask(() => {
      if (options.all) done(null, [...addresses]);
      else done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}
