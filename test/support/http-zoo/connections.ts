import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { Socket } from 'node:net';
import { every, listening } from '../hostile/raw-server.js';
import { BODY, LENGTH, ok, paid, played, type Specimen } from './specimen.js';

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

/** Node's own server, which answers correctly if the request has the required form. */
function wants(
  name: string,
  does: string,
  status: number,
  isFine: (request: IncomingMessage) => boolean,
): Specimen {
  const server = (): Server =>
    createHttpServer((request, response) => {
      request.resume();
      response.writeHead(isFine(request) ? 200 : status, { 'content-type': 'application/json' }).end(BODY);
    });
  return { name, does, refused: null, listen: () => listening(server()) };
}

/** A right answer, then something else when the connection has been idle for a while. */
function afterIdle(name: string, does: string, ms: () => number, act: (socket: Socket) => void): Specimen {
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  return played(name, does, (socket) => {
    clearTimeout(timers.get(socket));
    socket.write(ok([LENGTH]));
    const timer = setTimeout(() => act(socket), ms());
    timers.set(socket, timer);
    socket.once('close', () => clearTimeout(timer));
  });
}

/** Connections, and what servers expect of a request. */
export const CONNECTIONS: readonly Specimen[] = [
  wants('node', 'Node’s own server', 500, () => true),
  wants('wants-a-user-agent', 'a firewall’s default rule: 403 without User-Agent', 403, ({ headers }) =>
    Boolean(headers['user-agent']),
  ),
  wants('wants-accept', '406 to a request that does not accept JSON', 406, ({ headers }) =>
    /\*\/\*|json/.test(headers.accept ?? ''),
  ),
  wants(
    'wants-its-own-host',
    '421 to a Host that is not this one',
    421,
    ({ headers, socket }) => headers.host === `127.0.0.1:${socket.localPort}`,
  ),
  wants(
    'wants-one-host',
    '400 to more than one Host',
    400,
    ({ rawHeaders }) => rawHeaders.filter((name) => /^host$/i.test(name)).length === 1,
  ),
  played(
    'closes-each-time',
    'Connection: close, and does so',
    (socket) => void socket.end(ok(['Connection: close', LENGTH])),
  ),
  played(
    'closes-each-time-without-a-word',
    'closes after each answer without saying so',
    (socket) => void socket.end(ok([LENGTH])),
  ),
  paid(
    'says-close-and-stays',
    'Connection: close, and leaves it to the other side',
    ok(['Connection: close', LENGTH]),
  ),
  afterIdle(
    'closes-when-idle',
    'ends idle connections after about 300 ms',
    () => 285 + Math.random() * 30,
    (socket) => void socket.end(),
  ),
  afterIdle(
    'resets-when-idle',
    'resets idle connections after about 300 ms',
    () => 285 + Math.random() * 30,
    (socket) => void socket.resetAndDestroy(),
  ),
  afterIdle(
    'says-408-when-idle',
    'status 408 on idle connections after about 300 ms, then the end',
    () => 285 + Math.random() * 30,
    (socket) =>
      void socket.end(ok(['Connection: close', 'Content-Length: 0'], '', 'HTTP/1.1 408 Request Timeout')),
  ),
  played(
    'resets-the-second-request',
    'resets the connection at its second request',
    (socket, nth) => void (nth > 0 ? socket.resetAndDestroy() : socket.write(ok([LENGTH]))),
  ),
  played(
    'ends-at-the-second-request',
    'ends the connection at its second request',
    (socket, nth) => void (nth > 0 ? socket.end() : socket.write(ok([LENGTH]))),
  ),
  afterIdle(
    'empty-lines-when-idle',
    'an empty line after each body, as old servers send it',
    () => 5,
    (socket) => void socket.write('\r\n'),
  ),
  played('answers-slowly', 'a right answer after 100 ms', (socket) => {
    let left = 1;
    every(socket, 100, () => (left-- > 0 ? void socket.write(ok([LENGTH])) : false));
  }),
  ...(hasIpv6
    ? [
        {
          name: 'ipv6',
          does: 'listens on ::1 only, by its address',
          refused: null,
          listen: () =>
            listening(
              createHttpServer((_request, response) => response.end(BODY)),
              'http',
              '::1',
            ),
        },
      ]
    : []),
];
