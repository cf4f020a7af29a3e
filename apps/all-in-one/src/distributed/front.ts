import httpProxy from '@fastify/http-proxy';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { problem } from '#contracts';
import { hash32 } from '#kernel';
import { listenError, type Logger } from '#runtime';
import type { Fleet, ServiceName } from '../fleet.js';
import { CHAOS_SOCKET_PATH, mergeAsyncApi } from './merge-asyncapi.js';
import { mergeOpenApi } from './merge-openapi.js';

/** Each path belongs to one kind of service (there, possibly under another path); the longest matching prefix wins. */
const ROUTES: readonly (readonly [prefix: string, service: ServiceName, asPrefix?: string])[] = [
  ['/', 'broadcaster'],
  ['/socket.io', 'broadcaster'],
  // Socket.IO namespaces are not part of the path, so the chaos control socket has a path of its own here.
  [CHAOS_SOCKET_PATH, 'chaos-orchestrator', '/socket.io'],
  ['/api', 'control'],
  ['/api/v1/standings', 'broadcaster'],
  ['/api/v1/stream', 'broadcaster'],
  ['/api/v1/probe-batches', 'ingest'],
  ['/api/v1/faults', 'chaos-orchestrator'],
];
const DOCUMENTED: readonly ServiceName[] = ['control', 'broadcaster', 'ingest', 'chaos-orchestrator'];
const WITH_SOCKETS: readonly ServiceName[] = ['broadcaster', 'chaos-orchestrator'];
const READY_WITHIN_MS = 2_500;

declare module 'fastify' {
  interface FastifyRequest {
    /** The process that answers this request. */
    upstream: string;
  }
}

export interface Front {
  close(): Promise<void>;
}

/**
 * One address for everything: page, API and sockets; each request goes to a process that serves it, round robin.
 * @throws PaydayError `port_taken`, `address_unusable`
 */
export async function startFront(
  at: { host: string; port: number },
  fleet: Fleet,
  logger: Logger,
): Promise<Front> {
  const app = fastify({ forceCloseConnections: true });
  app.decorateRequest('upstream', '');
  app.setErrorHandler((error, _request, reply) => {
    logger.warn({ err: error }, 'a request could not be passed on');
    return unavailable(reply, 'The service that answers this went away; ask again in a second.');
  });
  serveHealth(app, fleet);
  app.get('/api/openapi.json', async () =>
    mergeOpenApi(DOCUMENTED.flatMap((name) => fleet.urls(name).slice(0, 1))),
  );
  app.get('/api/asyncapi.json', async (_request, reply) => {
    const document = await mergeAsyncApi(WITH_SOCKETS.flatMap((name) => fleet.urls(name).slice(0, 1)));
    return document ?? unavailable(reply, 'No service with sockets is up yet; ask again in a second.');
  });
  for (const [prefix, service, asPrefix] of ROUTES)
    await addRoute(app, fleet, prefix, service, asPrefix ?? prefix);
  await app.listen(at).catch((error: unknown) => {
    throw listenError(error, at);
  });
  return { close: () => app.close() };
}

async function addRoute(
  app: FastifyInstance,
  fleet: Fleet,
  prefix: string,
  service: ServiceName,
  rewritePrefix: string,
): Promise<void> {
  let turn = 0;
  await app.register(httpProxy, {
    prefix,
    rewritePrefix,
    upstream: '',
    websocket: rewritePrefix === '/socket.io',
    // Viewers' frames are not compressed (Socket.IO frames a broadcast once for all).
    wsClientOptions: { perMessageDeflate: false },
    // Streams may be silent for any time.
    undici: { bodyTimeout: 0 },
    // A refusal is passed on; retrying is up to the client.
    maxRetriesOn503: 0,
    retryMethods: [],
    preHandler: (request, reply, done) => {
      const urls = fleet.urls(service);
      if (urls.length === 0)
        return void unavailable(reply, `No ${service} is up yet; ask again in a second.`);
      request.upstream = urls[(stickyNumber(request) ?? turn++) % urls.length]!;
      done();
    },
    replyOptions: {
      getUpstream: (request: unknown) => (request as FastifyRequest).upstream,
      onError: (reply) =>
        void unavailable(reply as unknown as FastifyReply, 'The service went away; ask again in a second.'),
    },
  } as Parameters<typeof httpProxy>[1] & { prefix: string });
}

/** Long polling spans many requests, which must reach the same broadcaster: one per address. */
function stickyNumber(request: FastifyRequest): number | null {
  const { transport, sid } = request.query as { transport?: string; sid?: string };
  return transport === 'polling' || sid !== undefined ? hash32(request.ip) : null;
}

function serveHealth(app: FastifyInstance, fleet: Fleet): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const answers = await Promise.all(
      fleet.members.map(
        async ({ name, url }) => [name, url === null ? 'not up' : await readyOf(url)] as const,
      ),
    );
    const ready = answers.every(([, text]) => text === 'ok');
    return reply.code(ready ? 200 : 503).send({ ready, checks: Object.fromEntries(answers) });
  });
  app.get('/metrics', (_request, reply) =>
    reply
      .code(404)
      .type('application/problem+json; charset=utf-8')
      .send(JSON.stringify(problem('not_found', `Every process has its own: ${metricsOf(fleet)}`))),
  );
}

function metricsOf(fleet: Fleet): string {
  return fleet.members.flatMap(({ url }) => (url === null ? [] : [`${url}/metrics`])).join(', ');
}

async function readyOf(url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(READY_WITHIN_MS) });
    if (response.ok) return 'ok';
    return JSON.stringify(((await response.json()) as { checks: unknown }).checks);
  } catch {
    return 'does not answer';
  }
}

function unavailable(reply: FastifyReply, detail: string): FastifyReply {
  return reply
    .code(503)
    .header('retry-after', '1')
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem('unavailable', detail)));
}
