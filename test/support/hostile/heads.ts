import { floods, says } from './raw-server.js';
import { RIGHT, WRONG, answer, head, type HostileRow } from './row.js';

const lines = (count: number, line: (nth: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => line(i));

/** Status lines and headers. */
export const HEADS: readonly HostileRow[] = [
  {
    name: 'ten-thousand-headers',
    does: '10,000 short header lines, 60 kB in all, before a right answer',
    outcomes: ['too_large'],
    listen: says(
      answer(
        RIGHT,
        lines(10_000, () => 'a: b'),
      ),
    ),
  },
  {
    name: 'endless-headers',
    does: 'short header lines without end',
    outcomes: ['too_large'],
    listen: floods('HTTP/1.1 200 OK\r\n', 'a: b\r\n'),
  },
  {
    name: 'endless-header-value',
    does: 'one header line whose value never ends',
    outcomes: ['too_large'],
    listen: floods('HTTP/1.1 200 OK\r\nX-Long: ', 'x'),
  },
  {
    name: 'endless-header-name',
    does: 'one header line whose name never ends',
    outcomes: ['too_large', 'connect_error'],
    listen: floods('HTTP/1.1 200 OK\r\n', 'x'),
  },
  {
    name: 'endless-reason',
    does: 'a reason phrase that never ends',
    outcomes: ['too_large', 'connect_error'],
    listen: floods('HTTP/1.1 200 ', 'fine '),
  },
  {
    name: 'endless-status-code',
    does: 'a status code of digits without end',
    outcomes: ['too_large', 'connect_error'],
    listen: floods('HTTP/1.1 2', '0'),
  },
  {
    name: 'endless-version',
    does: 'a protocol version of digits without end',
    outcomes: ['too_large', 'connect_error'],
    listen: floods('HTTP/1.', '1'),
  },
  {
    name: 'endless-leading-empty-lines',
    does: 'empty lines without end before the status line',
    outcomes: ['too_large', 'connect_error'],
    listen: floods('', '\r\n'),
  },
  {
    name: 'endless-carriage-returns',
    does: 'carriage returns without end before the status line',
    outcomes: ['too_large', 'connect_error'],
    listen: floods('', '\r'),
  },
  {
    name: 'endless-folded-header',
    does: 'a header that is folded over lines without end',
    outcomes: ['too_large', 'connect_error'],
    listen: floods('HTTP/1.1 200 OK\r\nX-Folded: first\r\n', ' and more\r\n'),
  },
  {
    name: 'endless-lines-without-colon',
    does: 'header lines without a colon, without end',
    outcomes: ['too_large', 'connect_error'],
    listen: floods('HTTP/1.1 200 OK\r\n', 'nonsense\r\n'),
  },
  {
    name: 'endless-nuls',
    does: 'NUL bytes without end in a header value',
    outcomes: ['too_large', 'connect_error'],
    listen: floods('HTTP/1.1 200 OK\r\nX-Nul: ', '\0'),
  },
  {
    name: 'header-without-colon',
    does: 'a header line without a colon, and a wrong body',
    outcomes: ['connect_error', 'wrong_body'],
    listen: says(answer(WRONG, ['X-Broken'])),
  },
  {
    name: 'set-cookie-of-1-mb',
    does: 'a cookie of 1 MB before a right answer',
    outcomes: ['too_large'],
    listen: says(answer(RIGHT, [`Set-Cookie: c=${'x'.repeat(1_000_000)}`])),
  },
  {
    name: 'ten-thousand-content-lengths',
    does: '10,000 Content-Length lines that agree',
    outcomes: ['too_large', 'connect_error'],
    listen: says(`${head(lines(10_000, () => `Content-Length: ${RIGHT.length}`))}${RIGHT}`),
  },
  {
    name: 'connection-of-30000-tokens',
    does: 'one Connection header with 30,000 tokens, 60 kB, before a right answer',
    outcomes: ['too_large', 'ok'],
    listen: says(answer(RIGHT, [`Connection: ${Array(30_000).fill('a').join(',')}`])),
  },
  {
    name: 'thousand-transfer-codings',
    does: 'one Transfer-Encoding header with chunked 1,000 times',
    outcomes: ['too_large', 'connect_error', 'wrong_body'],
    listen: says(
      `${head([`Transfer-Encoding: ${Array(1_000).fill('chunked').join(', ')}`])}5\r\nwrong\r\n0\r\n\r\n`,
    ),
  },
  {
    name: 'thousand-content-codings',
    does: 'one Content-Encoding header with gzip 1,000 times',
    outcomes: ['too_large', 'connect_error', 'wrong_body'],
    listen: says(answer(RIGHT, [`Content-Encoding: ${Array(1_000).fill('gzip').join(', ')}`])),
  },
];
