import type { Socket } from 'node:net';
import { every, perRequest, tcp } from './raw-server.js';
import { RIGHT, TIMEOUT_MS, answer, head, rightOf, type HostileRow } from './row.js';

/** One byte per write, one per turn of the event loop: each is a segment of its own. */
function byteByByte(socket: Socket, text: string): void {
  let at = 0;
  const next = (): void => {
    if (socket.destroyed || at >= text.length) return;
    socket.write(text[at++]!);
    setImmediate(next);
  };
  next();
}

/** Slow servers. */
export const PACE: readonly HostileRow[] = [
  {
    name: 'hangs',
    does: 'takes the request and says nothing',
    outcomes: ['timeout'],
    listen: perRequest(() => undefined),
  },
  {
    name: 'never-reads',
    does: 'takes the connection and never reads from it',
    outcomes: ['timeout'],
    listen: tcp((socket) => void socket.pause()),
  },
  {
    name: 'slow-headers',
    does: 'a header byte every 20 ms',
    outcomes: ['timeout'],
    listen: perRequest((socket) => {
      const text = answer(RIGHT, [`X-Slow: ${'x'.repeat(500)}`]);
      let at = 0;
      every(socket, 20, () => void socket.write(text[at++] ?? ''));
    }),
  },
  {
    name: 'drips',
    does: 'headers at once, then a body byte every 20 ms',
    outcomes: ['timeout'],
    listen: perRequest((socket) => {
      socket.write(head(['Content-Length: 60000']));
      every(socket, 20, () => void socket.write(' '));
    }),
  },
  {
    name: 'stops-in-the-middle',
    does: 'half a right answer, then silence',
    outcomes: ['timeout'],
    listen: perRequest((socket) => void socket.write(answer(RIGHT).slice(0, -8))),
  },
  {
    name: 'answers-after-the-deadline',
    does: `a right answer ${TIMEOUT_MS + 50} ms after the request`,
    outcomes: ['timeout'],
    listen: perRequest((socket) => {
      const timer = setTimeout(() => socket.write(answer(RIGHT)), TIMEOUT_MS + 50);
      socket.once('close', () => clearTimeout(timer));
    }),
  },
  {
    name: 'tiny-segments',
    does: 'a right answer of 2 kB, a byte per segment',
    outcomes: ['ok', 'too_large', 'timeout'],
    listen: perRequest((socket) => byteByByte(socket, answer(rightOf(2_000)))),
  },
  {
    name: 'endless-tiny-segments',
    does: 'an answer of 60 kB, a byte per segment',
    outcomes: ['ok', 'too_large', 'timeout'],
    listen: perRequest((socket) => byteByByte(socket, answer(rightOf(60_000)))),
  },
];
