import { BODY, LENGTH, ok, paid, played, refused, type Specimen } from './specimen.js';
import { perRequest } from '../hostile/raw-server.js';

const hex = BODY.length.toString(16);
const chunked = (chunks: string, trailers = '', coding = 'chunked'): Buffer =>
  ok([`Transfer-Encoding: ${coding}`], `${chunks}0\r\n${trailers}\r\n`);
const whole = `${hex}\r\n${BODY}\r\n`;

/** Where an answer ends. */
export const BODIES: readonly Specimen[] = [
  paid('chunked', 'one chunk', chunked(whole)),
  paid(
    'chunks-of-one-byte',
    'chunks of one byte',
    chunked([...BODY].map((byte) => `1\r\n${byte}\r\n`).join('')),
  ),
  paid('chunk-extension', 'a chunk extension', chunked(`${hex};name=value\r\n${BODY}\r\n`)),
  paid(
    'quoted-chunk-extension',
    'a chunk extension in quotes',
    chunked(`${hex};name="a \\"b\\""\r\n${BODY}\r\n`),
  ),
  paid(
    'chunk-size-in-capitals',
    'a chunk size with leading zeros and capitals',
    chunked(`000${hex.toUpperCase()}\r\n${BODY}\r\n`),
  ),
  paid('trailers', 'trailers', chunked(whole, 'X-Checksum: 1\r\nX-Time: 2\r\n')),
  paid('chunked-in-odd-case', 'Transfer-Encoding: Chunked', chunked(whole, '', 'Chunked')),
  paid(
    'chunked-beats-length',
    'Content-Length and chunked: chunked counts (RFC 9112, 6.3)',
    ok([LENGTH, 'Transfer-Encoding: chunked'], `${whole}0\r\n\r\n`),
  ),
  paid('same-length-twice', 'the same Content-Length twice', ok([LENGTH, LENGTH])),
  paid('same-length-in-a-list', 'Content-Length: 17, 17', ok([`${LENGTH}, ${BODY.length}`])),
  paid(
    'length-with-leading-zeros',
    'a Content-Length with leading zeros',
    ok([`Content-Length: 000${BODY.length}`]),
  ),
  played(
    'ends-with-the-connection',
    'no length: the body ends with the connection',
    (socket) => void socket.end(ok([])),
  ),
  played(
    'ends-with-the-connection-and-says-so',
    'the same with Connection: close',
    (socket) => void socket.end(ok(['Connection: close'])),
  ),
  played(
    'http-1-0',
    'HTTP/1.0, which closes after each answer',
    (socket) => void socket.end(ok([], BODY, 'HTTP/1.0 200 OK')),
  ),
  played(
    'http-1-0-with-length',
    'HTTP/1.0 with a length',
    (socket) => void socket.end(ok([LENGTH], BODY, 'HTTP/1.0 200 OK')),
  ),
  paid(
    'http-1-0-keep-alive',
    'HTTP/1.0 that keeps the connection',
    ok(['Connection: keep-alive', LENGTH], BODY, 'HTTP/1.0 200 OK'),
  ),
  played('in-small-pieces', 'an answer in pieces of five bytes', (socket) => {
    const bytes = ok([LENGTH]);
    for (let at = 0; at < bytes.length; at += 5)
      setTimeout(() => socket.write(bytes.subarray(at, at + 5)), at / 5);
  }),
  {
    name: 'head',
    does: 'HEAD: a length and no body',
    method: 'HEAD',
    refused: null,
    listen: perRequest((socket) => void socket.write(ok([LENGTH], ''))),
  },
  {
    name: 'head-chunked',
    does: 'HEAD: chunked and no body',
    method: 'HEAD',
    refused: null,
    listen: perRequest((socket) => void socket.write(ok(['Transfer-Encoding: chunked'], ''))),
  },
  {
    name: 'no-content',
    does: 'status 204, which has no body',
    status: 204,
    refused: null,
    listen: perRequest((socket) => void socket.write(ok([], '', 'HTTP/1.1 204 No Content'))),
  },
  {
    name: 'no-content-with-length',
    does: 'status 204 with a length, and still no body',
    status: 204,
    refused: null,
    listen: perRequest(
      (socket) => void socket.write(ok(['Content-Length: 0'], '', 'HTTP/1.1 204 No Content')),
    ),
  },
  {
    name: 'not-modified',
    does: 'status 304 with the length of what it stands for, and no body',
    status: 304,
    refused: null,
    listen: perRequest(
      (socket) => void socket.write(ok(['Content-Length: 500'], '', 'HTTP/1.1 304 Not Modified')),
    ),
  },
  {
    name: 'reset-content',
    does: 'status 205, empty',
    status: 205,
    refused: null,
    listen: perRequest(
      (socket) => void socket.write(ok(['Content-Length: 0'], '', 'HTTP/1.1 205 Reset Content')),
    ),
  },
  refused('lengths-that-differ', 'two Content-Lengths that differ', ok([LENGTH, 'Content-Length: 5'])),
  refused('length-is-no-number', 'a Content-Length that is no number', ok(['Content-Length: many'])),
  refused('length-with-a-sign', 'a Content-Length with a sign', ok([`Content-Length: +${BODY.length}`])),
  refused('chunk-size-is-no-number', 'a chunk size that is no number', chunked('many\r\n')),
  refused('chunk-is-longer', 'a chunk that is longer than it says', chunked(`5\r\n${BODY}\r\n`)),
];
