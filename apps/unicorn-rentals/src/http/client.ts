import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';

export interface CallOptions {
  method?: string;
  /** `http://host:port/path?query`. */
  url: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** For the whole exchange, to the last byte of the answer. */
  timeoutMs: number;
  /** Longest answer. Default 64 KiB. */
  maxBytes?: number;
  agent?: Agent;
}

export interface CallResult {
  status: number;
  headers: IncomingMessage['headers'];
  /** The parsed JSON; undefined if the answer is no JSON. */
  json: unknown;
}

/** Connections to the other services are kept open, so that a call costs no handshake. */
export function keepAliveAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 128, maxFreeSockets: 16 });
}

/**
 * One HTTP call, bounded in time and size. Rejects with an `Error` that says why if no complete answer came.
 * A kept-alive connection that the other side had closed is replaced once, if the request is safe to repeat.
 */
export async function call(options: CallOptions): Promise<CallResult> {
  const deadline = performance.now() + options.timeoutMs;
  try {
    return await attempt(options, options.timeoutMs);
  } catch (error) {
    const leftMs = deadline - performance.now();
    if (!(error instanceof StaleConnection) || !repeatable(options) || leftMs <= 0) throw error;
    return attempt({ ...options, agent: undefined }, leftMs);
  }
}

class StaleConnection extends Error {}

function repeatable({ method = 'GET', headers = {} }: CallOptions): boolean {
  return method === 'GET' || headers['idempotency-key'] !== undefined;
}

function attempt(options: CallOptions, timeoutMs: number): Promise<CallResult> {
  const payload = options.body === undefined ? undefined : JSON.stringify(options.body);
  const maxBytes = options.maxBytes ?? 64 * 1024;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(options.url, {
      method: options.method ?? 'GET',
      agent: options.agent ?? false,
      headers: {
        ...options.headers,
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
      },
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      outgoing.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error(`no answer within ${options.timeoutMs} ms`)), timeoutMs);
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const stale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      fail(stale ? new StaleConnection(error.message) : error);
    });
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxBytes) fail(new Error(`the answer is longer than ${maxBytes} bytes`));
        else chunks.push(chunk);
      });
      incoming.on('error', fail);
      incoming.on('end', () => {
        clearTimeout(timer);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          json: parse(Buffer.concat(chunks).toString('utf8')),
        });
      });
    });
    outgoing.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
