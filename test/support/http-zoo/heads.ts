import { BODY, LENGTH, ok, paid, refused, type Specimen } from './specimen.js';

const cookies = Array.from({ length: 15 }, (_, i) => `Set-Cookie: c${i}=${'x'.repeat(1_000)}; Path=/`);
const HINT = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n';
const before = (interim: string): string => interim + ok([LENGTH]).toString('latin1');

/** Status lines, headers, and answers before the answer. */
export const HEADS: readonly Specimen[] = [
  paid('plain', 'a plain answer', ok(['Content-Type: application/json', LENGTH])),
  paid('no-reason', 'no reason phrase, and no blank before it', ok([LENGTH], BODY, 'HTTP/1.1 200')),
  paid('empty-reason', 'an empty reason phrase, as RFC 9112 writes it', ok([LENGTH], BODY, 'HTTP/1.1 200 ')),
  paid(
    'reason-in-utf-8',
    'a reason phrase with bytes beyond ASCII',
    ok([LENGTH], BODY, 'HTTP/1.1 200 sch\xc3\xb6n'),
  ),
  paid(
    'lower-case-names',
    'header names in lower case, as many programs write them',
    ok([LENGTH.toLowerCase()]),
  ),
  paid('upper-case-names', 'header names in upper case', ok([LENGTH.toUpperCase()])),
  paid('odd-case-names', 'header names in odd case', ok([`cOnTeNt-LeNgTh: ${BODY.length}`])),
  paid('no-blank-after-colon', 'no blank after the colon', ok([`Content-Length:${BODY.length}`])),
  paid('blanks-around-values', 'blanks and tabs around values', ok([`Content-Length: \t ${BODY.length} \t`])),
  paid(
    'blank-before-colon',
    'a blank before the colon of a header that nobody needs',
    ok(['X-Odd : 1', LENGTH]),
  ),
  paid('empty-value', 'a header without a value', ok(['X-Empty:', LENGTH])),
  paid(
    'unusual-names',
    'a header name of all characters that RFC 9110 allows',
    ok(["!#$%&'*+-.^_`|~09: 1", LENGTH]),
  ),
  paid(
    'bytes-beyond-ascii',
    'values with bytes beyond ASCII (obs-text)',
    ok(['X-Name: J\xf6rg \xff\x80', LENGTH]),
  ),
  paid(
    'folded-header',
    'a header that is folded over two lines (obs-fold)',
    ok(['X-Trace: first,', ' second', LENGTH]),
  ),
  paid('header-folded-by-tab', 'the same with a tab', ok(['X-Trace: first,', '\tsecond', LENGTH])),
  paid('15-kb-of-cookies', 'fifteen cookies of a kilobyte each', ok([...cookies, LENGTH])),
  paid(
    'line-feeds-alone',
    'lines that end with a single line feed, as CGI scripts write them',
    ok([LENGTH]).toString('latin1').replaceAll('\r\n', '\n'),
  ),
  paid('empty-line-first', 'an empty line before the status line', before('\r\n')),
  paid(
    'apache-offers-h2',
    'an offer to upgrade that nobody has to take, as Apache makes it',
    ok(['Upgrade: h2,h2c', 'Connection: Upgrade, Keep-Alive', 'Keep-Alive: timeout=5, max=100', LENGTH]),
  ),
  paid('unasked-100', '100 Continue though nobody asked', before('HTTP/1.1 100 Continue\r\n\r\n')),
  paid(
    '102-and-103',
    '102 Processing, then 103 Early Hints',
    before(`HTTP/1.1 102 Processing\r\n\r\n${HINT}`),
  ),
  paid('interim-without-reason', '103 without a reason phrase', before('HTTP/1.1 103\r\n\r\n')),
  paid(
    'eight-interim-answers',
    'eight answers before the answer: the most that is read',
    before(HINT.repeat(8)),
  ),
  paid('nul-in-a-header', 'a NUL byte in a header', ok(['X-Nul: a\0b', LENGTH])),
  refused('line-without-colon', 'a header line without a colon', ok(['nonsense', LENGTH])),
  paid('header-name-with-blank', 'a header name that is two words', ok(['Two Words: 1', LENGTH])),
  refused('no-http', 'no HTTP at all', 'SSH-2.0-OpenSSH_9.9\r\n\r\n'),
  refused('http-2-in-text', 'HTTP/2.0 in a status line', ok([LENGTH], BODY, 'HTTP/2.0 200 OK')),
  refused('status-of-two-digits', 'a status of two digits', ok([LENGTH], BODY, 'HTTP/1.1 20 OK')),
  refused(
    '101-that-nobody-asked-for',
    '101 Switching Protocols that nobody asked for',
    before('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'),
  ),
];
