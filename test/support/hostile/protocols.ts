import { every, flood, floods, perRequest, says, tcp } from './raw-server.js';
import { untrustedTls } from './tls.js';
import { RIGHT, WRONG, answer, type HostileRow } from './row.js';

/** Empty SETTINGS: the first frame of an HTTP/2 server. */
const HTTP2_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
/** The beginning of a TLS record with a handshake message, and of one with an alert. */
const TLS_HANDSHAKE = Buffer.concat([Buffer.from([22, 3, 3, 0x40, 0]), Buffer.alloc(0x4000, 2)]);
const TLS_ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 40]);

/** Servers that speak another protocol. */
export const PROTOCOLS: readonly HostileRow[] = [
  {
    name: 'speaks-ssh',
    does: 'the greeting of an SSH server',
    outcomes: ['connect_error'],
    listen: tcp((socket) => void socket.resume().write('SSH-2.0-OpenSSH_9.9\r\n')),
  },
  {
    name: 'speaks-http-0-9',
    does: 'a body without a head, then the end of the connection',
    outcomes: ['connect_error'],
    listen: perRequest((socket) => void socket.end(RIGHT)),
  },
  {
    name: 'speaks-http-2',
    does: 'HTTP/2 frames',
    outcomes: ['connect_error'],
    listen: says(HTTP2_SETTINGS),
  },
  {
    name: 'floods-http-2',
    does: 'HTTP/2 frames without end',
    outcomes: ['connect_error', 'too_large'],
    listen: tcp((socket) => {
      socket.resume();
      flood(socket, HTTP2_SETTINGS);
    }),
  },
  {
    name: 'says-http-2-0',
    does: 'HTTP/2.0 in a status line of HTTP/1, and a wrong body',
    outcomes: ['connect_error', 'wrong_body'],
    listen: says(answer(WRONG).replace('HTTP/1.1', 'HTTP/2.0')),
  },
  {
    name: 'speaks-icy',
    does: 'the status line of a radio station, and a wrong body',
    outcomes: ['connect_error', 'wrong_body'],
    listen: says(answer(WRONG).replace('HTTP/1.1', 'ICY')),
  },
  {
    name: 'speaks-tls-on-http',
    does: 'a TLS alert where HTTP is spoken',
    outcomes: ['connect_error'],
    listen: perRequest((socket) => void socket.end(TLS_ALERT)),
  },
  {
    name: 'floods-nonsense',
    does: 'random-looking bytes without end',
    outcomes: ['connect_error', 'too_large'],
    listen: floods('', Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 2_654_435_761) >>> 24))),
  },
  {
    name: 'tls-hangs',
    does: 'https, and no word of a handshake',
    outcomes: ['timeout'],
    listen: tcp((socket) => void socket.resume(), 'https'),
  },
  {
    name: 'tls-is-http',
    does: 'https, and an answer in plain text',
    outcomes: ['tls_error', 'connect_error'],
    listen: tcp((socket) => void socket.resume().write(answer(RIGHT)), 'https'),
  },
  {
    name: 'tls-floods-records',
    does: 'https, and handshake records without end',
    outcomes: ['tls_error', 'connect_error', 'timeout'],
    listen: tcp((socket) => {
      socket.resume();
      flood(socket, TLS_HANDSHAKE);
    }, 'https'),
  },
  {
    name: 'tls-drips-a-record',
    does: 'https, and a handshake record whose bytes come every 50 ms',
    outcomes: ['timeout', 'tls_error'],
    listen: tcp((socket) => {
      socket.resume();
      let at = 0;
      every(socket, 50, () => void socket.write(TLS_HANDSHAKE.subarray(at, ++at)));
    }, 'https'),
  },
  {
    name: 'tls-alerts',
    does: 'https, and an alert instead of a handshake',
    outcomes: ['tls_error'],
    listen: tcp((socket) => void socket.resume().end(TLS_ALERT), 'https'),
  },
  {
    name: 'tls-untrusted',
    does: 'https with a certificate that nobody trusts: a whole handshake for nothing, each time',
    outcomes: ['tls_error'],
    listen: () => untrustedTls(0),
  },
  {
    name: 'tls-huge-chain',
    does: 'https with a certificate that nobody trusts and 60 more after it',
    outcomes: ['tls_error', 'connect_error'],
    listen: () => untrustedTls(60),
  },
];
