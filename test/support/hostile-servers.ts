import { readdirSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Outcome } from '#contracts';

export interface Hostile {
  /** The prober's outcome for it. */
  outcome: Outcome;
  /** What the ledger's samples report in place of a right answer. */
  got: RegExp;
  listen(): Promise<{ url: string; close(): void }>;
}

const MEGABYTE = Buffer.alloc(1024 * 1024, 'x');

/** Every kind of bad team that must cost that team alone. */
export const HOSTILE: Record<string, Hostile> = {
  hangs: http('timeout', /no.*answer|timeout|time/i, () => undefined),
  drips: http('timeout', /./, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 100);
    response.once('close', () => clearInterval(timer));
  }),
  'streams-for-ever': http('too_large', /./, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = (): void => {
      while (!response.destroyed && response.write(MEGABYTE));
    };
    response.on('drain', more);
    more();
  }),
  'answers-50-mb': http('too_large', /./, (_request, response) => {
    response.writeHead(200, { 'content-length': 50 * MEGABYTE.length });
    let left = 50;
    const more = (): void => {
      while (!response.destroyed && left > 0) {
        left--;
        if (!response.write(MEGABYTE)) return;
      }
      response.end();
    };
    response.on('drain', more);
    more();
  }),
  redirects: http('redirect', /302/, (request, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:1${request.url ?? '/'}` }).end();
  }),
  'speaks-no-http': raw('connect_error', /./, (socket) => {
    socket.write('SSH-2.0-OpenSSH_9.9\r\n');
    socket.on('data', () => undefined);
  }),
  'hangs-up': raw('connect_error', /./, (socket) => socket.destroy()),
  'lists-a-folder': http('bad_status', /40[45]|501/, listFolder),
};

/** What `python3 -m http.server` does: serves a folder's files by GET, and nothing else. */
function listFolder(request: Parameters<RequestListener>[0], response: Parameters<RequestListener>[1]): void {
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD')
    response.writeHead(501).end('Unsupported method');
  else if (request.url !== '/') response.writeHead(404).end('File not found');
  else response.writeHead(200, { 'content-type': 'text/html' }).end(readdirSync('.').join('\n'));
}

function http(outcome: Outcome, got: RegExp, handle: RequestListener): Hostile {
  return { outcome, got, listen: () => listening(createHttpServer(handle)) };
}

function raw(outcome: Outcome, got: RegExp, handle: (socket: Socket) => void): Hostile {
  const server = (): Server =>
    createServer((socket) => {
      socket.on('error', () => undefined);
      handle(socket);
    });
  return { outcome, got, listen: () => listening(server()) };
}

async function listening(server: Server | HttpServer): Promise<{ url: string; close(): void }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
