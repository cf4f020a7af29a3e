import { connect as connectTcp, type LookupFunction, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Outcome } from '#contracts';
import type { Address, Resolution } from '../dns/index.js';
import type { AddressBook } from './address-book.js';
import type { Target } from './target.js';

/** A socket's events. Each is called at most once, except `bytes`. */
export interface SocketListener {
  /** The connection is established; with TLS, the handshake is over. */
  ready(): void;
  /** @param bytes valid during the call only; the first `length` of them were received */
  bytes(bytes: Buffer, length: number): void;
  /** The peer has ended its side. */
  ended(): void;
  failed(error: Error): void;
  /** No socket was opened. */
  refused(outcome: Outcome, got: string): void;
}

/** The read buffer that all sockets of the thread share. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Opens the sockets to one endpoint. There is no connect timeout: the caller enforces the deadline and destroys the socket.
 */
export class Dialer {
  /** TLS sessions are resumed: a full handshake costs each side a thousand times as much as a request. */
  private session: Buffer | undefined;

  constructor(
    private readonly target: Target,
    private readonly book: AddressBook,
  ) {}

  /** @param onSocket gets the socket before it is connected, so that it can be destroyed at any time */
  dial(listener: SocketListener, onSocket: (socket: Socket) => void): void {
    const found = this.book.find(this.target);
    if (found instanceof Promise) void found.then((later) => this.found(later, listener, onSocket));
    else this.found(found, listener, onSocket);
  }

  private found(found: Resolution, listener: SocketListener, onSocket: (socket: Socket) => void): void {
    if ('outcome' in found) return listener.refused(found.outcome, found.got);
    const { host, port, secure } = this.target;
    const { addresses } = found;
    const first = addresses[0]!;
    const options: TcpNetConnectOpts = {
      port,
      noDelay: true,
      ...(addresses.length === 1
        ? { host: first.address, family: first.family }
        : { host, lookup: given(addresses), autoSelectFamily: true }),
    };
    onSocket(secure ? this.secure(options, listener) : plain(options, listener));
  }

  private secure(options: TcpNetConnectOpts, listener: SocketListener): Socket {
    const { host, isAddress } = this.target;
    const socket = connectTls({
      ...options,
      ALPNProtocols: ['http/1.1'],
      // A certificate is checked against the address; SNI carries names only (RFC 6066 §3).
      ...(isAddress ? { servername: '' } : { servername: host }),
      ...(this.session ? { session: this.session } : {}),
    });
    socket.on('session', (session: Buffer) => (this.session = session));
    socket.on('secureConnect', () => listener.ready());
    socket.on('data', (bytes: Buffer) => listener.bytes(bytes, bytes.length));
    return watch(socket, listener);
  }
}

function plain(options: TcpNetConnectOpts, listener: SocketListener): Socket {
  const socket = connectTcp({
    ...options,
    onread: {
      buffer: READ_BUFFER,
      callback: (length) => {
        listener.bytes(READ_BUFFER, length);
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

/** A `lookup` function that returns addresses resolved earlier. */
function given(addresses: readonly Address[]): LookupFunction {
  return (_name, options, done) => {
    // Node asks for all addresses if it may try several; it does not expect a synchronous callback.
    queueMicrotask(() => {
      if (options.all) done(null, [...addresses]);
      else done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}
