import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { problem } from '#contracts';
import type { Readiness } from '../health.js';
import { listenError } from './port.js';

export interface StartupProbe {
  port: number;
  /** Releases the port. */
  close(): Promise<void>;
}

/**
 * Answers `/healthz`, `/readyz` and `/metrics` on the service's port until the service itself can, so that operators see
 * what it waits for. Every other request gets `unavailable`.
 * @throws PaydayError `port_taken`, `address_unusable`
 */
export async function openStartupProbe(
  at: { host: string; port: number },
  readiness: Readiness,
  metrics: Registry,
): Promise<StartupProbe> {
  const server = createServer((request, response) => {
    void answer(request.url?.split('?')[0] ?? '', readiness, metrics).then(
      ({ status, type, body }) => {
        response.writeHead(status, {
          'content-type': type,
          connection: 'close',
          ...(status === 503 ? { 'retry-after': '1' } : {}),
        });
        response.end(body);
      },
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, at)));
    server.listen(at.port, at.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  path: string,
  readiness: Readiness,
  metrics: Registry,
): Promise<{ status: number; type: string; body: string }> {
  const json = 'application/json; charset=utf-8';
  if (path === '/healthz') return { status: 200, type: json, body: '{"status":"ok"}' };
  if (path === '/metrics') return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
  if (path === '/readyz') return { status: 503, type: json, body: JSON.stringify(await readiness.report()) };
  const body = problem('unavailable', 'The service is starting; /readyz says what it waits for.');
  return { status: 503, type: 'application/problem+json; charset=utf-8', body: JSON.stringify(body) };
}
