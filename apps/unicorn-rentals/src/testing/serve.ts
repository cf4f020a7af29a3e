import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { createService, type ServerOptions } from '../http/listener.js';
import type { Handler } from '../http/service.js';

export interface Served {
  url: string;
  close(): Promise<void>;
}

/** A handler on an ephemeral loopback port. */
export async function serve(handler: Handler, options?: ServerOptions): Promise<Served> {
  const server = createService(handler, options);
  await listen(server);
  return {
    url: urlOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A TCP server that accepts and then does what `reply` says: nothing, by default. */
export async function serveTcp(reply = ''): Promise<Served> {
  const sockets = new Set<import('node:net').Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (reply !== '') socket.once('data', () => socket.end(reply));
  });
  await listen(server);
  return {
    url: urlOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** An address where nothing listens. */
export async function deadUrl(): Promise<string> {
  const { url, close } = await serveTcp();
  await close();
  return url;
}

function listen(server: Pick<Server, 'listen'>): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function urlOf(server: Pick<Server, 'address'>): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
