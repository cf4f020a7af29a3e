import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { messageOf, PaydayError } from '#kernel';
import { SPIKE_KIND, type SpikeRegistry, type SpikeOrder } from './spike-registry.js';

const MAX_BODY_BYTES = 16 * 1024;
const STATUS_OF: Readonly<Record<string, number>> = {
  unauthenticated: 401,
  not_found: 404,
  method_not_allowed: 405,
  fault_conflict: 409,
  body_too_large: 413,
  too_many_faults: 429,
};

/**
 * The HTTP server for a prober's load spikes, not listening yet. It speaks the fault agent's protocol (docs/adding-a-fault.md),
 * with the affected team as `teamId` in the body of a `PUT`. The bearer token `token` allows everything here.
 */
export function createSpikeAgent(registry: SpikeRegistry, token: string): Server {
  const expected = digest(`Bearer ${token}`);
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    answer(request).then(
      (state) => send(response, 200, { state }),
      (error: unknown) => {
        const code = error instanceof PaydayError ? error.code : 'internal_error';
        const retryable = !(error instanceof PaydayError) || error.retryable;
        send(response, STATUS_OF[code] ?? (retryable ? 503 : 400), { code, message: messageOf(error) });
      },
    );
  });
  server.maxConnections = 100;
  return server;

  async function answer(request: IncomingMessage): Promise<'active' | 'gone'> {
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected))
      throw new PaydayError(
        'unauthenticated',
        'send "Authorization: Bearer <token>" with this agent\'s token',
      );
    const faultId = faultIdOf(request.url ?? '/');
    switch (request.method) {
      case 'PUT':
        registry.putSpike(faultId, orderIn(await bodyOf(request)));
        return registry.state(faultId);
      case 'GET':
        return registry.state(faultId);
      case 'DELETE':
        registry.end(faultId);
        return registry.state(faultId);
      default:
        throw new PaydayError('method_not_allowed', 'only GET, PUT and DELETE are allowed here');
    }
  }
}

/** The id may hold slashes, percent-encoded or not. */
function faultIdOf(url: string): string {
  const [, encoded] = /^\/faults\/([^?]+)$/.exec(url) ?? [];
  if (encoded === undefined) throw new PaydayError('not_found', 'the only path here is /faults/{id}');
  let id = '';
  try {
    id = decodeURIComponent(encoded);
  } catch {
    // Malformed encoding is not an id.
  }
  if (!/^[\x21-\x7e]{1,200}$/.test(id))
    throw new PaydayError('invalid_fault_id', 'a fault id is 1 to 200 visible ASCII characters');
  return id;
}

/** Checks the shape only; the registry checks the values. @throws PaydayError `invalid_body`, `unknown_kind`, `invalid_params`. */
function orderIn(body: unknown): SpikeOrder {
  if (!isObject(body) || !isObject(body['params']))
    throw new PaydayError('invalid_body', 'send {"kind","teamId","serviceId","params","ttlMs"} as JSON');
  const { kind, teamId, serviceId, params, ttlMs, ...others } = body;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw new PaydayError('invalid_body', `unknown field "${unknown.slice(0, 80)}"`);
  if (kind !== SPIKE_KIND)
    throw new PaydayError('unknown_kind', `no fault kind ${JSON.stringify(kind)}; there is ${SPIKE_KIND}`);
  if (typeof teamId !== 'string' || typeof serviceId !== 'string')
    throw new PaydayError('invalid_body', '"teamId" and "serviceId" must be strings');
  const { percent, ...more } = params as Record<string, unknown>;
  if (Object.keys(more).length > 0)
    throw new PaydayError('invalid_params', `${SPIKE_KIND} has one parameter, percent`);
  return { teamId, serviceId, percent: percent as number, ttlMs: ttlMs as number };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES)
      throw new PaydayError('body_too_large', `the body may have at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new PaydayError('invalid_body', 'the body is not JSON');
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  });
  response.end(text);
}

/** Hashes have equal lengths, which a constant-time comparison needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
