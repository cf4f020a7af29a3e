import { createServer, type Server, type Socket } from 'node:net';
import type { Listening } from './row.js';

/** Called for each connection as soon as it is open. */
export type OnConnection = (socket: Socket) => void;
/** Called for each request, the `nth` on its connection from 0 on. Requests must not have bodies. */
export type OnRequest = (socket: Socket, nth: number) => void;

/** A TCP server on loopback that `close` ends with all its connections. */
export function tcp(onConnection: OnConnection, protocol = 'http'): () => Promise<Listening> {
  return () => listening(createServer({ allowHalfOpen: true, noDelay: true }, onConnection), protocol);
}

/** A server that runs code for each request, and writes raw bytes. */
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

/** Answers each request with a beginning and then the same bytes repeatedly, as fast as they are read. */
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

/** Writes the same bytes endlessly, at the reader's pace. */
export function flood(socket: Socket, bytes: string | Buffer): void {
  const unit = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  const block = Buffer.concat(Array<Buffer>(Math.max(1, Math.floor(FLOOD_BYTES / unit.length))).fill(unit));
  const more = (): void => {
    // One block per turn, so that other connections of the same server get their turn.
    if (!socket.destroyed && socket.writable && socket.write(block)) setImmediate(more);
  };
  socket.on('drain', more);
  more();
}

/** Calls back at an interval until it returns false or the connection is closed. */
export function every(socket: Socket, ms: number, act: () => boolean | void): void {
  const timer = setInterval(() => {
    if (socket.destroyed || !socket.writable || act() === false) clearInterval(timer);
  }, ms);
  socket.once('close', () => clearInterval(timer));
}

/** Starts any server on a free port of one of this machine's addresses. */
export async function listening(server: Server, protocol = 'http', host = '127.0.0.1'): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  // Failing handshakes are the purpose of some of these servers.
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
