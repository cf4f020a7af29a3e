import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { TEAM_PROOF_HEADER } from './team-proof.js';
import { type Answer, ConnectionCut, type Handler, HttpProblem, type ServiceRequest } from './service.js';

export interface ServerOptions {
  /** Longest request body. Default 8 KiB. */
  maxBodyBytes?: number;
  /** How a problem is answered. Default: RFC 9457 problem+json. */
  renderProblem?: (problem: HttpProblem) => Answer;
  /** The team's proof that the service is its own, read for each answer: sent as the header `Payday-Team`. Default: none. */
  teamProof?: () => string | undefined;
  /** Called with errors of a handler other than `HttpProblem`. */
  onError?: (error: unknown) => void;
}

/** An HTTP server for `handler`, not listening yet. Slow, large and broken requests are bounded. */
export function createService(handler: Handler, options: ServerOptions = {}): Server {
  const maxBodyBytes = options.maxBodyBytes ?? 8 * 1024;
  const renderProblem = options.renderProblem ?? problemJson;
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.maxConnections = 2_000;
  // Longer than clients commonly keep idle connections, so that they rarely send into a closing one.
  server.keepAliveTimeout = 65_000;
  return server;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let result: Answer;
    try {
      result = await handler(await readRequest(incoming, outgoing, maxBodyBytes));
    } catch (error) {
      if (error instanceof ConnectionCut) {
        outgoing.destroy();
        return;
      }
      if (!(error instanceof HttpProblem)) options.onError?.(error);
      result = renderProblem(
        error instanceof HttpProblem
          ? error
          : new HttpProblem(500, 'internal_error', 'something failed on our side'),
      );
    }
    write(incoming, outgoing, result, options.teamProof?.());
  }
}

/** RFC 9457 problem details. */
export function problemJson(problem: HttpProblem): Answer {
  return {
    status: problem.status,
    headers: { ...problem.headers, 'content-type': 'application/problem+json' },
    body: {
      type: `urn:unicorn-rentals:problem:${problem.code}`,
      title: STATUS_CODES[problem.status] ?? 'Error',
      status: problem.status,
      code: problem.code,
      detail: problem.message,
      ...problem.extra,
    },
  };
}

function write(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: Answer,
  teamProof: string | undefined,
): void {
  if (outgoing.destroyed) return;
  const text = JSON.stringify(answer.body);
  outgoing.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    // The rest of an oversized body is not read.
    ...(incoming.complete ? {} : { connection: 'close' }),
    ...answer.headers,
    ...(teamProof === undefined ? {} : { [TEAM_PROOF_HEADER]: teamProof }),
  });
  outgoing.end(text);
  if (!incoming.complete) incoming.resume();
}

async function readRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  maxBodyBytes: number,
): Promise<ServiceRequest> {
  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
  return {
    method: incoming.method ?? 'GET',
    segments: decodeSegments(path),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
    headers,
    body: await readJson(incoming, maxBodyBytes),
    isGone: () => outgoing.destroyed,
  };
}

function decodeSegments(path: string): string[] {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw new HttpProblem(400, 'invalid_path', 'the path has a broken percent-encoding');
  }
}

async function readJson(incoming: IncomingMessage, maxBodyBytes: number): Promise<unknown> {
  const declared = Number(incoming.headers['content-length'] ?? 0);
  const tooLarge = new HttpProblem(413, 'payload_too_large', `the body is longer than ${maxBodyBytes} bytes`);
  if (declared > maxBodyBytes) throw tooLarge;
  if (declared === 0 && incoming.headers['transfer-encoding'] === undefined) return undefined;
  const bytes = await readBody(incoming, maxBodyBytes, tooLarge);
  if (bytes.length === 0) return undefined;
  const type = (incoming.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/json')
    throw new HttpProblem(415, 'unsupported_media_type', 'send the body as application/json');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new HttpProblem(400, 'invalid_json', 'the body is not JSON in UTF-8');
  }
}

/** The whole body. Rejects with `tooLarge` above the limit, and with `ConnectionCut` if it does not end. */
function readBody(incoming: IncomingMessage, maxBytes: number, tooLarge: Error): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) {
        incoming.removeAllListeners('data');
        reject(tooLarge);
      } else chunks.push(chunk);
    });
    incoming.once('end', () => resolve(Buffer.concat(chunks)));
    incoming.once('error', () => reject(new ConnectionCut()));
    incoming.once('close', () => reject(new ConnectionCut()));
  });
}
