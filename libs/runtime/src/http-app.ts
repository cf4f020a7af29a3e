import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { FastifyReply } from 'fastify';
import { nestLogger, type Logger } from './logger.js';
import { toProblem } from './problem-filter.js';

/** Sent with every response: the pages load nothing from other origins and may not be framed. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'",
};

/** Nest uses the server options of whichever gateway comes first; these apply to all of them. */
class SocketAdapter extends IoAdapter {
  override createIOServer(
    port: number,
    options?: Parameters<IoAdapter['createIOServer']>[1],
  ): ReturnType<IoAdapter['createIOServer']> {
    // Without per-message compression Socket.IO frames a broadcast once for all clients.
    const shared = { perMessageDeflate: false, maxHttpBufferSize: 64 * 1024 };
    return super.createIOServer(port, Object.assign({}, options, shared));
  }
}

/** The default for JSON bodies; ingest has its own limit for batches. */
const MAX_JSON_BYTES = 4 * 1024 * 1024;
/** Media types of uploaded files; handlers receive the raw bytes. */
const FILE_TYPES = ['text/csv', 'application/yaml', 'text/yaml', 'application/x-yaml'];
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/**
 * A Fastify-based Nest application with raw protobuf bodies and Socket.IO at `/socket.io`.
 * @param module imports `RuntimeModule`, which brings the guards and problem+json errors
 */
export async function createHttpApp(module: unknown, logger: Logger): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_JSON_BYTES,
    forceCloseConnections: true,
    // Failures before routing, such as a path that cannot be decoded, bypass every filter.
    frameworkErrors: (error: Error, _request: unknown, reply: FastifyReply) => {
      const body = toProblem(error);
      void reply
        .code(body.status)
        .headers({ ...SECURITY_HEADERS, 'content-type': 'application/problem+json; charset=utf-8' })
        .send(JSON.stringify(body));
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module as never, adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  configureHttpApp(app);
  return app;
}

/** The part of `createHttpApp` that tests apply to their own applications. */
export function configureHttpApp(app: NestFastifyApplication): void {
  app.useWebSocketAdapter(new SocketAdapter(app));
  app.useBodyParser('application/x-protobuf', { bodyLimit: MAX_JSON_BYTES });
  for (const type of FILE_TYPES) app.useBodyParser(type, { bodyLimit: MAX_FILE_BYTES });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onSend', (_request, reply, payload, done) => {
      reply.headers(SECURITY_HEADERS);
      done(null, payload);
    });
}
