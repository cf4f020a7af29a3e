import { floods, says } from './raw-server.js';
import { RIGHT, WRONG, head, rightOf, type HostileRow } from './row.js';

const CHUNKED = head(['Transfer-Encoding: chunked']);
const chunk = (text: string, extension = ''): string =>
  `${text.length.toString(16)}${extension}\r\n${text}\r\n`;
const oneByteChunks = (text: string): string => [...text].map((byte) => chunk(byte)).join('');

/** The chunked coding. */
export const CHUNKS: readonly HostileRow[] = [
  {
    name: 'endless-trailers',
    does: 'trailer lines without end after a right body',
    outcomes: ['too_large'],
    listen: floods(`${CHUNKED}${chunk(RIGHT)}0\r\n`, 'a: b\r\n'),
  },
  {
    name: 'ten-thousand-trailers',
    does: '10,000 trailer lines after a right body',
    outcomes: ['too_large'],
    listen: says(`${CHUNKED}${chunk(RIGHT)}0\r\n${'a: b\r\n'.repeat(10_000)}\r\n`),
  },
  {
    name: 'endless-chunk-extension',
    does: 'one chunk extension that never ends',
    outcomes: ['too_large', 'connect_error'],
    listen: floods(`${CHUNKED}5;x=`, 'x'),
  },
  {
    name: 'many-chunk-extensions',
    does: 'one-byte chunks with 1 kB of extension each, without end',
    outcomes: ['too_large', 'connect_error'],
    listen: floods(CHUNKED, chunk(' ', `;x=${'y'.repeat(1_000)}`)),
  },
  {
    name: 'one-byte-chunks',
    does: '60,000 chunks of one byte, a right answer in all',
    outcomes: ['too_large', 'ok'],
    listen: says(`${CHUNKED}${oneByteChunks(rightOf(60_000))}0\r\n\r\n`),
  },
  {
    name: 'endless-one-byte-chunks',
    does: 'chunks of one byte without end',
    outcomes: ['too_large'],
    listen: floods(CHUNKED, chunk(' ')),
  },
  {
    name: 'huge-chunk',
    does: 'a chunk of ffffffff bytes, and bytes without end',
    outcomes: ['too_large'],
    listen: floods(`${CHUNKED}ffffffff\r\n`, 'x'),
  },
  {
    name: 'chunk-size-beyond-numbers',
    does: 'a chunk size of twenty hexadecimal digits, and bytes without end',
    outcomes: ['too_large', 'connect_error'],
    listen: floods(`${CHUNKED}fffffffffffffffffff5\r\n`, 'x'),
  },
  {
    name: 'endless-zeros-of-a-chunk-size',
    does: 'leading zeros of a chunk size, without end',
    outcomes: ['too_large', 'connect_error'],
    listen: floods(CHUNKED, '0'),
  },
  {
    name: 'chunk-size-is-a-word',
    does: 'a chunk size that is no number',
    outcomes: ['connect_error'],
    listen: says(`${CHUNKED}many\r\n${RIGHT}\r\n0\r\n\r\n`),
  },
  {
    name: 'chunk-size-is-negative',
    does: 'a negative chunk size',
    outcomes: ['connect_error'],
    listen: says(`${CHUNKED}-5\r\nwrong\r\n0\r\n\r\n`),
  },
  {
    name: 'chunk-longer-than-it-says',
    does: 'a chunk with more bytes than its size says',
    outcomes: ['connect_error'],
    listen: says(`${CHUNKED}5\r\n${RIGHT}\r\n0\r\n\r\n`),
  },
  {
    name: 'last-chunk-never-ends',
    does: 'no empty line after the last chunk',
    outcomes: ['timeout'],
    listen: says(`${CHUNKED}${chunk(RIGHT)}0\r\n`),
  },
  {
    name: 'chunked-is-not-last',
    does: 'Transfer-Encoding: chunked, gzip, and a wrong body',
    outcomes: ['connect_error', 'wrong_body', 'timeout'],
    listen: says(`${head(['Transfer-Encoding: chunked, gzip'])}${chunk(WRONG)}0\r\n\r\n`),
  },
];
