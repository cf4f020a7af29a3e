import { every, floods, perRequest, says } from './raw-server.js';
import { RIGHT, answer, type HostileRow } from './row.js';

const HINT = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n';

/** Answers before the answer (status 1xx). */
export const INTERIM: readonly HostileRow[] = [
  {
    name: 'endless-103',
    does: '103 Early Hints without end, as fast as they are read',
    outcomes: ['too_large'],
    listen: floods('', HINT),
  },
  {
    name: 'endless-103-at-10-mb-s',
    does: '103 Early Hints without end, 10 MB a second in all',
    outcomes: ['too_large'],
    listen: perRequest((socket) => {
      const block = Buffer.from(HINT.repeat(Math.ceil(100_000 / HINT.length)));
      every(socket, 10, () => (socket.writableLength > 1_000_000 ? true : void socket.write(block)));
    }),
  },
  {
    name: 'endless-100',
    does: '100 Continue without end',
    outcomes: ['too_large'],
    listen: floods('', 'HTTP/1.1 100 Continue\r\n\r\n'),
  },
  {
    name: 'endless-103-with-large-headers',
    does: '103 Early Hints without end, with 4 kB of links each',
    outcomes: ['too_large'],
    listen: floods('', `HTTP/1.1 103 Early Hints\r\n${'Link: </a.css>; rel=preload\r\n'.repeat(140)}\r\n`),
  },
  {
    name: 'thousand-103',
    does: '1,000 times 103 Early Hints before a right answer',
    outcomes: ['too_large'],
    listen: says(HINT.repeat(1_000) + answer(RIGHT)),
  },
  {
    name: 'dripping-102',
    does: '102 Processing twenty times a second, and no answer',
    outcomes: ['timeout', 'too_large'],
    listen: perRequest((socket) =>
      every(socket, 50, () => void socket.write('HTTP/1.1 102 Processing\r\n\r\n')),
    ),
  },
  {
    name: 'switches-protocols',
    does: '101 Switching Protocols that nobody asked for, then garbage without end',
    outcomes: ['connect_error', 'bad_status', 'too_large'],
    listen: floods(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: garbage\r\nConnection: Upgrade\r\n\r\n',
      '\x81\x7e\x01\x02',
    ),
  },
];
