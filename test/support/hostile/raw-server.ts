import { createServer, type Server, type Socket } from 'node:net';
import type { Listening } from './row.js';

/** Acts on one connection as soon as it is there. */
export type OnConnection = (socket: Socket) => void;
/** Acts on one request, the `nth` on its connection from 0 on. Bodies of requests are not expected. */
export type OnRequest = (socket: Socket, nth: number) => void;

/** A TCP server on loopback that `close` ends with all its connections. */
export function tcp(onConnection: OnConnection, protocol = 'http'): () => Promise<Listening> {
  return () => listening(createServer({ allowHalfOpen: true, noDelay: true }, onConnection), protocol);
}

/** A server that does something for each request, byte by byte as it likes. */
export function perRequest(onRequest: OnRequest): () => Promise<Listening> {
  return tcp((socket) => {
    let nth = 0;
    eachRequest(socket, () => onRequest(socket, nth++));
  });
}

/** Answers each request with the same bytes, in one write. */
export function says(bytes: string | Buffer): () => Promise<Listening> {
  return perRequest(
    (socket) => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
  );
}

/** Answers each request with a beginning and then the same bytes again and again, as fast as they are taken. */
export function floods(beginning: string, again: string | Buffer): () => Promise<Listening> {
  return perRequest((socket) => {
    socket.write(beginning, 'latin1');
    flood(socket, again);
  });
}

/** Calls back at the end of the head of each request. */
export function eachRequest(socket: Socket, onRequest: () => void): void {
  let unread = '';
  socket.on('end', () => socket.end());
  socket.on('data', (data) => {
    const parts = (unread + data.toString('latin1')).split('\r\n\r\n');
    unread = parts.pop()!;
    for (const _head of parts) onRequest();
  });
}

const FLOOD_BYTES = 65_536;

/** Writes the same bytes for ever, at the pace of the reader. */
export function flood(socket: Socket, bytes: string | Buffer): void {
  const unit = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  const block = Buffer.concat(Array<Buffer>(Math.max(1, Math.floor(FLOOD_BYTES / unit.length))).fill(unit));
  const more = (): void => {
    // One block per turn: other connections of the same server get their turn, too.
    if (!socket.destroyed && socket.writable && socket.write(block)) setImmediate(more);
  };
  socket.on('drain', more);
  more();
}

/** Calls back every so many ms until it says false or the connection is closed. */
export function every(socket: Socket, ms: number, act: () => boolean | void): void {
  const timer = setInterval(() => {
    if (socket.destroyed || !socket.writable || act() === false) clearInterval(timer);
  }, ms);
  socket.once('close', () => clearInterval(timer));
}

/** Starts any server on a free port of an address of this machine. */
export async function listening(server: Server, protocol = 'http', host = '127.0.0.1'): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  // A handshake that fails is what some of these servers are there for.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    url: `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
