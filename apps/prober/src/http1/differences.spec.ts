import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import fc from 'fast-check';
import { Agent, request } from 'undici';
import { AnswerError } from './answer-error.js';
import { AnswerParser } from './answer-parser.js';
import { ANSWER_LIMITS } from './limits.js';

const LIMITS = { ...ANSWER_LIMITS, maxBodyBytes: 100_000 };
const OK = 'HTTP/1.1 200 OK\r\n';

/** The body if the answer is accepted, else null. */
type Outcome = string | null;

function ours(text: string): Outcome {
  let body = '';
  let outcome: Outcome = null;
  const parser = new AnswerParser();
  parser.begin('GET', LIMITS, {
    head: () => {},
    body: (bytes, from, to) => (body += bytes.toString('latin1', from, to)),
    end: () => (outcome = body),
  });
  try {
    parser.push(Buffer.from(text, 'latin1'));
    parser.close();
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
  }
  return outcome;
}

/** Answers every request with the current text, and closes. */
class Canned {
  text = '';
  private readonly agent = new Agent({ pipelining: 0 });
  private readonly server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(this.text, 'latin1'));
  });

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  async undici(text: string): Promise<Outcome> {
    this.text = text;
    try {
      const { port } = this.server.address() as AddressInfo;
      const { body } = await request(`http://127.0.0.1:${port}/`, { dispatcher: this.agent, reset: true });
      return Buffer.from(await body.arrayBuffer()).toString('latin1');
    } catch {
      return null;
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const canned = new Canned();
beforeAll(() => canned.listen());
afterAll(() => canned.close());

/** Where the two parsers differ, and why ours is right. `undici` is the result of undici 7. */
const DIFFERENCES: { what: string; text: string; ours: Outcome; undici: Outcome; because: string }[] = [
  {
    what: 'an interim 100 that nobody asked for',
    text: `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 1\r\n\r\nx`,
    ours: 'x',
    undici: null,
    because: 'RFC 9110 §15.2: a client must be able to parse interim answers, even if it does not expect one',
  },
  {
    what: 'a folded header line',
    text: `${OK}X: a,\r\n b\r\nContent-Length: 1\r\n\r\nx`,
    ours: 'x',
    undici: null,
    because: 'RFC 9112 §5.2: a user agent must replace each received obs-fold with blanks',
  },
  {
    what: 'a length beside chunked',
    text: `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    ours: 'x',
    undici: null,
    because:
      'RFC 9112 §6.3: Transfer-Encoding overrides Content-Length; nothing sits behind us that could disagree',
  },
  {
    what: 'the same length as a list',
    text: `${OK}Content-Length: 1, 1\r\n\r\nx`,
    ours: 'x',
    undici: null,
    because: 'RFC 9110 §8.6: a recipient may replace duplicates by the single valid value',
  },
  {
    what: 'a blank before the colon',
    text: `${OK}Content-Length : 1\r\n\r\nx`,
    ours: 'x',
    undici: null,
    because:
      'RFC 9112 §5.1 forbids it to senders and has proxies remove it; there is only one way to read it',
  },
  {
    what: 'a NUL within a value',
    text: `${OK}X: a\0b\r\nContent-Length: 1\r\n\r\nx`,
    ours: 'x',
    undici: null,
    because: 'RFC 9110 §5.5: a recipient may replace it with a blank',
  },
  {
    what: 'bare line feeds',
    text: 'HTTP/1.1 200 OK\nContent-Length: 1\n\nx',
    ours: 'x',
    undici: null,
    because: 'RFC 9112 §2.2: a recipient may recognise a single LF as a line terminator',
  },
  {
    what: 'a last chunk without its empty line',
    text: `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n`,
    ours: 'x',
    undici: null,
    because: 'RFC 9112 §8: chunked is incomplete if the zero-sized chunk was not received; it was',
  },
  {
    what: 'another protocol that nobody asked for',
    text: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
    ours: null,
    undici: null,
    because: 'RFC 9110 §15.2.2: only after a request to upgrade',
  },
  {
    what: 'an answer of HTTP/1.1 with minor version 7',
    text: 'HTTP/1.7 200 OK\r\nContent-Length: 1\r\n\r\nx',
    ours: 'x',
    undici: null,
    because: 'RFC 9110 §2.5: a higher minor version is processed as the highest one that is understood',
  },
  {
    what: 'a bare CR that undici takes for the end of a line',
    text: 'HTTP/1.1 200 OK\r\rTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    ours: '1\r\nx\r\n0\r\n\r\n',
    undici: 'x',
    because: 'RFC 9112 §2.2: a bare CR ends no line; a recipient replaces it with a blank, or refuses it',
  },
  {
    what: 'more than 256 header lines',
    text: `${OK}${'a: b\r\n'.repeat(300)}Content-Length: 1\r\n\r\nx`,
    ours: null,
    undici: 'x',
    because: 'work per answer is bounded (docs/customers.md)',
  },
  {
    what: 'more than eight interim answers',
    text: `${'HTTP/1.1 103 x\r\n\r\n'.repeat(9)}${OK}Content-Length: 1\r\n\r\nx`,
    ours: null,
    undici: 'x',
    because: 'work per answer is bounded (docs/customers.md)',
  },
];

it.each(DIFFERENCES)(
  'differs from undici, or does not, over $what',
  async ({ text, ours: we, undici: they }) => {
    expect(ours(text)).toBe(we);
    expect(await canned.undici(text)).toBe(they);
  },
);

it('accepts everything that undici accepts, and reads the same', async () => {
  const edit = fc.tuple(
    fc.nat(),
    fc.constantFrom('', ' ', '\r', '\n', '\t', ':', 'x', '0', '7', 'f', ';', ','),
  );
  const valid = fc.constantFrom(
    `${OK}Content-Length: 11\r\nX-A: b\r\n\r\nhello world`,
    `${OK}Transfer-Encoding: chunked\r\nX-A: b\r\n\r\n5;e=1\r\nhello\r\n6\r\n world\r\n0\r\nT: u\r\n\r\n`,
    `HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello world`,
  );
  const cases = fc.tuple(valid, fc.array(edit, { maxLength: 3 }));
  const seed = Date.now();
  for (const [text, edits] of fc.sample(cases, { numRuns: 300, seed })) {
    const edited = edits.reduce<string>(
      (now, [at, by]) => now.slice(0, at % now.length) + by + now.slice((at % now.length) + 1),
      text,
    );
    if (/\r(?!\n)/.test(edited)) continue;
    const theirs = await canned.undici(edited);
    // A connection that ends within an answer is not always an error to undici.
    if (theirs !== null && ours(edited) !== theirs)
      throw new Error(JSON.stringify({ edited, theirs, ours: ours(edited), seed }));
  }
}, 60_000);

it("parses whatever Node's own server sends", async () => {
  const shapes = fc.record({
    pieces: fc.array(fc.string({ minLength: 1, maxLength: 200 }), { maxLength: 8 }),
    announced: fc.boolean(),
    keepAlive: fc.boolean(),
    trailer: fc.boolean(),
    interim: fc.boolean(),
    headers: fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), fc.stringMatching(/^[ -~]{0,40}$/), {
      maxKeys: 12,
    }),
  });
  const seed = Date.now();
  let shape: (typeof shapes extends fc.Arbitrary<infer T> ? T : never) | undefined;
  const server = createHttpServer((_req, res: ServerResponse) => {
    const { pieces, announced, keepAlive, trailer, interim, headers } = shape!;
    const body = Buffer.from(pieces.join(''));
    if (interim) res.writeProcessing();
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    if (!keepAlive) res.setHeader('connection', 'close');
    if (announced) res.setHeader('content-length', body.length);
    else if (trailer) res.setHeader('trailer', 'x-t');
    for (const piece of pieces) res.write(piece);
    if (trailer && !announced) res.addTrailers({ 'x-t': 'y' });
    res.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    for (const next of fc.sample(shapes, { numRuns: 100, seed })) {
      shape = next;
      const told = await overTheWire(port);
      const expected = Buffer.from(next.pieces.join('')).toString('latin1');
      expect({ seed, next, told }).toEqual({
        seed,
        next,
        told: { body: expected, reusable: next.keepAlive },
      });
    }
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}, 60_000);

async function overTheWire(port: number): Promise<{ body: string; reusable: boolean }> {
  const { connect } = await import('node:net');
  return new Promise((resolve, reject) => {
    let body = '';
    const parser = new AnswerParser();
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\n\r\n'),
    );
    parser.begin('GET', LIMITS, {
      head: () => {},
      body: (bytes, from, to) => (body += bytes.toString('latin1', from, to)),
      end: () => {},
    });
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      parser.push(bytes);
      if (!parser.done) return;
      resolve({ body, reusable: parser.reusable });
      socket.destroy();
    });
  });
}
