import fc from 'fast-check';
import { AnswerError } from './answer-error.js';
import { AnswerParser, type AnswerHead } from './answer-parser.js';
import { ANSWER_LIMITS, type AnswerLimits } from './limits.js';

const LIMITS: AnswerLimits = { ...ANSWER_LIMITS, maxBodyBytes: 1_000 };

interface ParsedAnswer {
  status?: number;
  fields?: AnswerHead['fields'];
  codings?: readonly string[];
  body: string;
  ends: number;
  reusable: boolean;
  failure?: string;
  missing?: string | null;
}

/** The parser's calls for these pieces; with `close`, the connection ends after them. */
function read(
  pieces: readonly Buffer[],
  { close = false, method = 'GET', limits = LIMITS } = {},
): ParsedAnswer {
  const parsed: ParsedAnswer = { body: '', ends: 0, reusable: false };
  const parser = new AnswerParser();
  parser.begin(method, limits, {
    head: ({ status, fields, codings }) => Object.assign(parsed, { status, fields, codings }),
    body: (bytes, from, to) => (parsed.body += bytes.toString('latin1', from, to)),
    end: () => parsed.ends++,
  });
  try {
    for (const piece of pieces) parser.push(piece);
    if (close) parsed.missing = parser.close();
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    parsed.failure = `${error.outcome}: ${error.message}`;
  }
  parsed.reusable = parser.done && parser.reusable;
  return parsed;
}
const readText = (text: string, options?: Parameters<typeof read>[1]): ParsedAnswer =>
  read([Buffer.from(text, 'latin1')], options);

const OK = 'HTTP/1.1 200 OK\r\n';

describe('what is accepted', () => {
  it.each<[string, string]>([
    ['a length', `${OK}Content-Length: 5\r\n\r\nhello`],
    ['no reason phrase', 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello'],
    ['a reason phrase of any bytes', 'HTTP/1.1 200 \xe9\x00: x\r\nContent-Length: 5\r\n\r\nhello'],
    ['chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`],
    [
      'chunks with extensions and blanks',
      `${OK}Transfer-Encoding: chunked\r\n\r\n0005 ;a="b;c"\r\nhello\r\n0;x\r\n\r\n`,
    ],
    [
      'trailers',
      `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 9\r\nX: y\r\n\r\n`,
    ],
    ['an odd case of names and codings', `${OK}tRANSFER-eNCODING: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
    [
      'an interim answer that nobody asked for',
      `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`,
    ],
    [
      'eight interim answers',
      `${'HTTP/1.1 103 x\r\nContent-Length: 3\r\n\r\n'.repeat(8)}${OK}Content-Length: 5\r\n\r\nhello`,
    ],
    ['the same length twice', `${OK}Content-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello`],
    ['a folded line', `${OK}X: a,\r\n\tb\r\nContent-Length:\r\n 5\r\n\r\nhello`],
    ['a blank line of blanks before the first header', `${OK}  odd\r\nContent-Length: 5\r\n\r\nhello`],
    ['bare line feeds', `HTTP/1.1 200 OK\nContent-Length: 5\n\nhello`],
    ['blanks around a value and before the colon', `${OK}Content-Length \t:  5 \t\r\n\r\nhello`],
    ['NUL, CR and bytes above ASCII in values', `${OK}X: a\x00b\rc\xff\r\nContent-Length: 5\r\n\r\nhello`],
    ['names that are none', `${OK}Two Words: x\r\n: y\r\n z\r\nContent-Length: 5\r\n\r\nhello`],
    ['every character that a name may have', `${OK}!#$%&'*+.^_\`|~9Aa-: x\r\nContent-Length: 5\r\n\r\nhello`],
    ['an empty line too many before it', `\r\n${OK}Content-Length: 5\r\n\r\nhello`],
    [
      'an offer to upgrade',
      `${OK}Upgrade: h2c\r\nConnection: Upgrade, keep-alive\r\nContent-Length: 5\r\n\r\nhello`,
    ],
    [
      'HTTP/1.0 that keeps the connection',
      'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 5\r\n\r\nhello',
    ],
  ])('%s', (_what, text) => {
    expect(readText(text)).toMatchObject({ status: 200, body: 'hello', ends: 1, reusable: true });
  });

  it.each<[string, string]>([
    [
      'a length beside chunked',
      `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    ],
    ['HTTP/1.0 with a length', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    [
      'chunks in HTTP/1.0',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ],
    ['Connection: close', `${OK}Connection: x, Close\r\nContent-Length: 5\r\n\r\nhello`],
    ['bytes behind the answer', `${OK}Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n`],
  ])('%s, but the connection is not used again', (_what, text) => {
    expect(readText(text)).toMatchObject({ status: 200, body: 'hello', ends: 1, reusable: false });
  });

  it.each<[string, string]>([
    ['a body that ends with the connection', `${OK}\r\nhello`],
    ['HTTP/1.0 without a length', 'HTTP/1.0 200 OK\r\n\r\nhello'],
    ['a coding that is not chunked', `${OK}Transfer-Encoding: gzip\r\n\r\nhello`],
    ['a last chunk without the empty line', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`],
  ])('%s', (_what, text) => {
    expect(readText(text)).toMatchObject({ ends: 0 });
    expect(readText(text, { close: true })).toMatchObject({
      body: 'hello',
      ends: 1,
      missing: null,
      reusable: false,
    });
  });

  it('an answer without a body, by its status or method', () => {
    for (const status of ['204 No Content', '304 Not Modified'])
      expect(readText(`HTTP/1.1 ${status}\r\nContent-Length: 5\r\n\r\n`)).toMatchObject({
        body: '',
        ends: 1,
        reusable: true,
      });
    const head = `${OK}Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n`;
    expect(readText(head, { method: 'HEAD' })).toMatchObject({
      body: '',
      ends: 1,
      reusable: true,
      codings: [],
    });
    expect(readText(`HTTP/1.1 204\r\n\r\nbody`)).toMatchObject({ body: '', ends: 1, reusable: false });
  });

  it('reports the codings to undo: content codings, and below them transfer codings', () => {
    const codings = (lines: string): unknown => readText(`${OK}${lines}\r\n\r\n`).codings;
    expect(codings('Content-Encoding: identity')).toEqual([]);
    expect(codings('Content-Encoding: GZIP\r\nContent-Encoding: br, identity')).toEqual(['gzip', 'br']);
    expect(codings('Content-Encoding: br\r\nTransfer-Encoding: gzip, chunked')).toEqual(['br', 'gzip']);
  });

  it('15 KB of cookies', () => {
    const cookies = Array.from({ length: 15 }, (_, i) => `Set-Cookie: c${i}=${'x'.repeat(1000)}\r\n`).join(
      '',
    );
    expect(readText(`${OK}${cookies}Content-Length: 1\r\n\r\nx`)).toMatchObject({ ends: 1, reusable: true });
  });
});

describe('what is refused, with a reason and the byte', () => {
  it.each<[string, RegExp]>([
    ['SSH-2.0-OpenSSH_9.2\r\n', /^connect_error: no HTTP: it begins with "SSH-2" \(byte 0 /],
    ['HTTP/2 200\r\n\r\n', /^connect_error: no status line of HTTP\/1.1: "HTTP\/2 200"/],
    ['HTTP/1.1 2000 OK\r\n', /no status line of HTTP\/1.1/],
    ['PRI * without an end', /no HTTP: it begins with "PRI \*"/],
    ['HTTP/1.1 099 x\r\n', /no status line of HTTP\/1.1/],
    ['<html>hello</html>\n', /no HTTP: it begins with "<html"/],
    ['\r\n\r\n\r\n', /no HTTP: it begins with "" \(byte 4 /],
    [`${OK}no colon\r\n`, /a header line without a colon: "no colon" \(byte 17 /],
    [
      `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`,
      /Content-Length is "5, 6", which is not a length/,
    ],
    ...['-1', '+5', '0x10', '5 5', '', '1e3'].map((bad): [string, RegExp] => [
      `${OK}Content-Length: ${bad}\r\n\r\n`,
      /Content-Length is/,
    ]),
    [`${OK}Transfer-Encoding: chunked, gzip, chunked\r\n\r\n`, /names chunked twice/],
    [`${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, /"xyz" is no size of a chunk \(byte 47 /],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n-5\r\n`, /"-5" is no size/],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n`, /does not end where its size says \(byte 52 /],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n', /status 101/],
  ])('%j', (text, failure) => {
    expect(readText(text).failure).toMatch(failure);
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'the connection was closed without an answer'],
    ['half a header', `${OK}Conte`, 'the connection was closed within the header, after 22 bytes'],
    [
      'half a body',
      `${OK}Content-Length: 9\r\n\r\nhello`,
      'the connection was closed after 5 of 9 bytes of the body',
    ],
    [
      'half a chunk',
      `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nhe`,
      'the connection was closed within the body, after 52 bytes',
    ],
  ])('the end after %s', (_what, text, missing) => {
    const parsed = text === '' ? read([], { close: true }) : readText(text, { close: true });
    expect(parsed).toMatchObject({ ends: 0, missing });
  });
});

describe('bounds on work', () => {
  it.each<[string, string, RegExp]>([
    ['header lines', `${OK}${'a: b\r\n'.repeat(10_000)}\r\n`, /more than 256 header and trailer lines/],
    ['header bytes', `${OK}${`a: ${'x'.repeat(1000)}\r\n`.repeat(70)}\r\n`, /lines of more than 65536 bytes/],
    ['one line', `${OK}a: ${'x'.repeat(70_000)}`, /lines of more than 65536 bytes/],
    ['interim answers', 'HTTP/1.1 103 x\r\n\r\n'.repeat(9), /more than 8 interim answers \(status 103\)/],
    ['lines of interim answers', `HTTP/1.1 103 x\r\n${'a: b\r\n'.repeat(300)}`, /more than 256/],
    ['trailers', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(300)}`, /more than 256/],
    [
      'chunks',
      `${OK}Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(3000)}`,
      /more than 2048 chunks|at most 1000/,
    ],
    [
      'extensions',
      `${OK}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(40_000)}`,
      /extensions of chunks fill more than 32768/,
    ],
    [
      'leading zeros of a size',
      `${OK}Transfer-Encoding: chunked\r\n\r\n${'0'.repeat(40_000)}`,
      /fill more than 32768/,
    ],
    ['an announced length', `${OK}Content-Length: 1001\r\n\r\n`, /an answer of 1001 bytes, at most 1000/],
    ['a huge length', `${OK}Content-Length: ${'9'.repeat(400)}\r\n\r\n`, /at most 1000/],
    ['a huge chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(64)}\r\n`, /at most 1000/],
    ['a body without end', `${OK}\r\n${'x'.repeat(1001)}`, /an answer of more, at most 1000/],
    [
      'chunks together',
      `${OK}Transfer-Encoding: chunked\r\n\r\n3e8\r\n${'x'.repeat(1000)}\r\n1\r\n`,
      /at most 1000/,
    ],
  ])('%s', (_what, text, message) => {
    const { failure } = readText(text);
    expect(failure).toMatch(/^too_large/);
    expect(failure).toMatch(message);
  });

  it('many chunks within the body’s bound', () => {
    const limits = { ...LIMITS, maxBodyBytes: 100_000 };
    const text = `${OK}Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(3000)}`;
    expect(readText(text, { limits }).failure).toMatch(/more than 2048 chunks/);
  });

  it('tiny pieces, but not pieces as networks deliver them', () => {
    const body = 'x'.repeat(900);
    const bytes = Buffer.from(`${OK}Content-Length: 900\r\n\r\n${body}`);
    const cut = (size: number): Buffer[] =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
    expect(read(cut(1)).failure).toMatch(/^too_large: the answer comes in more than \d+ pieces/);
    expect(read(cut(4)).body).toBe(body);
  });
});

/** Any well-formed answer, in any of HTTP/1.1's forms. */
const answers = fc
  .record({
    interim: fc.integer({ min: 0, max: 3 }),
    fold: fc.boolean(),
    lineEnd: fc.constantFrom('\r\n', '\n'),
    shape: fc.constantFrom('length', 'chunked', 'close'),
    chunks: fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }), { maxLength: 6 }),
    trailer: fc.boolean(),
  })
  .map(({ interim, fold, lineEnd: eol, shape, chunks, trailer }) => {
    const head = [
      ...Array.from({ length: interim }, () => `HTTP/1.1 103 Early Hints${eol}Link: x${eol}${eol}`),
      `HTTP/1.1 200 OK${eol}`,
      fold ? `X: a${eol} b${eol}` : '',
    ].join('');
    const body = chunks.join('');
    if (shape === 'length') return { text: `${head}Content-Length: ${body.length}${eol}${eol}${body}`, body };
    if (shape === 'close') return { text: `${head}${eol}${body}`, body };
    const coded = chunks.map((chunk) => `${chunk.length.toString(16)};e=1${eol}${chunk}${eol}`).join('');
    return {
      text: `${head}Transfer-Encoding: chunked${eol}${eol}${coded}0${eol}${trailer ? `T: u${eol}` : ''}${eol}`,
      body,
    };
  });

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at]
    .map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))
    .filter((piece) => piece.length > 0);
}

describe('properties', () => {
  it('a line as long as the protocol name is reported alike when its end is cut', () => {
    const whole = readText('HTTP\r\nx');
    expect(read([Buffer.from('HTTP\r'), Buffer.from('\nx')])).toEqual(whole);
    expect(whole.failure).toMatch(/it begins with "HTTP" \(byte 0 /);
  });

  it('any split of a good answer gives the same calls and the whole body', () => {
    fc.assert(
      fc.property(answers, fc.array(fc.nat(), { maxLength: 30 }), ({ text, body }, cuts) => {
        const bytes = Buffer.from(text, 'latin1');
        const whole = read([bytes], { close: true });
        expect(whole).toMatchObject({ status: 200, body, ends: 1 });
        expect(read(cutAt(bytes, cuts), { close: true })).toEqual(whole);
      }),
    );
  });

  it('any split of any input gives the same calls, and no input throws anything but an AnswerError', () => {
    const mutated = fc
      .tuple(
        answers,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom('\r', '\n', '\0', ' ', ':', 'x', '0', 'f', '\r\n', '')), {
          maxLength: 6,
        }),
      )
      .map(([{ text }, edits]) =>
        edits.reduce(
          (now, [at, by]) => now.slice(0, at % now.length) + by + now.slice((at % now.length) + 1),
          text,
        ),
      );
    const noise = fc.string({ unit: 'binary-ascii', maxLength: 300 });
    fc.assert(
      fc.property(fc.oneof(mutated, noise), fc.array(fc.nat(), { maxLength: 30 }), (text, cuts) => {
        const bytes = Buffer.from(text, 'latin1');
        const whole = read(bytes.length === 0 ? [] : [bytes], { close: true });
        expect(whole.ends).toBeLessThanOrEqual(1);
        // How much of a body is reported before its failure depends on the split, as it does on the network.
        const { body: wholeBody, ...wholeRest } = whole;
        const { body, ...rest } = read(cutAt(bytes, cuts), { close: true });
        expect(rest).toEqual(wholeRest);
        if (whole.failure === undefined) expect(body).toBe(wholeBody);
      }),
      { numRuns: 1_000 },
    );
  });
});
