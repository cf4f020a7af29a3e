import { perRequest, says, tcp, every } from './raw-server.js';
import { unaccepting } from './unaccepting.js';
import { RIGHT, answer, head, type HostileRow } from './row.js';

/** Connections that end at the wrong time, and redirects. */
export const CONNECTIONS: readonly HostileRow[] = [
  {
    name: 'hangs-up',
    does: 'ends each connection at once',
    outcomes: ['connect_error'],
    listen: tcp((socket) => void socket.destroy()),
  },
  {
    name: 'resets',
    does: 'resets each connection at once',
    outcomes: ['connect_error'],
    listen: tcp((socket) => void socket.resetAndDestroy()),
  },
  {
    name: 'resets-at-the-request',
    does: 'resets the connection when the request is there',
    outcomes: ['connect_error'],
    listen: perRequest((socket) => void socket.resetAndDestroy()),
  },
  {
    name: 'resets-in-the-body',
    does: 'resets the connection in the middle of the body',
    outcomes: ['connect_error'],
    listen: perRequest((socket) => {
      socket.write(answer(RIGHT).slice(0, -5));
      setTimeout(() => socket.resetAndDestroy(), 5);
    }),
  },
  {
    name: 'resets-every-second-request',
    does: 'a right answer, then a reset at the next request of the connection',
    outcomes: ['ok', 'connect_error'],
    listen: perRequest(
      (socket, nth) => void (nth % 2 === 0 ? socket.write(answer(RIGHT)) : socket.resetAndDestroy()),
    ),
  },
  {
    name: 'closes-its-half',
    does: 'ends its half of each connection at once, and reads on',
    outcomes: ['connect_error'],
    listen: tcp((socket) => void socket.end().resume()),
  },
  {
    name: 'ends-after-each-answer',
    does: 'a right answer, then the end of the connection without a word',
    outcomes: ['ok'],
    listen: perRequest((socket) => void socket.end(answer(RIGHT))),
  },
  {
    name: 'full-backlog',
    does: 'accepts no connection: each hangs in its handshake',
    outcomes: ['timeout', 'connect_error'],
    listen: unaccepting,
  },
  {
    name: 'answers-408',
    does: 'status 408 to each request',
    outcomes: ['bad_status', 'connect_error', 'timeout'],
    listen: says(answer('', ['Connection: close'], '408 Request Timeout')),
  },
  {
    name: 'says-408-all-the-time',
    does: 'status 408 when there is a connection and every 100 ms, but never an answer',
    outcomes: ['bad_status', 'connect_error', 'timeout'],
    listen: tcp((socket) => {
      const again = (): void => void socket.write(answer('', [], '408 Request Timeout'));
      again();
      every(socket, 100, again);
      socket.resume().on('end', () => socket.end());
    }),
  },
  {
    name: 'redirects-to-itself',
    does: 'a redirect to the same path',
    outcomes: ['redirect'],
    listen: says(`${head(['Location: /', 'Content-Length: 0'], '302 Found')}`),
  },
  {
    name: 'redirects-with-60-kb',
    does: 'a redirect to an address of 60 kB',
    outcomes: ['redirect', 'too_large'],
    listen: says(`${head([`Location: /${'x'.repeat(60_000)}`, 'Content-Length: 0'], '302 Found')}`),
  },
  {
    name: 'redirects-inside',
    does: 'a redirect to an address of the platform’s own network',
    outcomes: ['redirect'],
    listen: says(`${head(['Location: http://127.0.0.1:1/', 'Content-Length: 0'], '307 Temporary Redirect')}`),
  },
];
