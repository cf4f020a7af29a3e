import { createServer } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PaydayError } from '#kernel';

/** Checks the port before anything starts. @throws PaydayError `port_taken`, `address_unusable` */
export async function assertPortFree(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, { host, port })));
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

/** @throws PaydayError as `assertPortFree`: the port may have been taken since that check */
export async function listen(app: NestFastifyApplication, host: string, port: number): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    throw listenError(error, { host, port });
  }
}

/** The URL for a browser. */
export function urlOf(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

/** Maps a listen error to `port_taken` or `address_unusable` with advice; other errors stay unchanged. */
export function listenError(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new PaydayError('port_taken', `port ${port} on ${host} is taken; choose another with --port`, {
      cause: error,
    });
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new PaydayError(
      'address_unusable',
      `cannot listen on ${host} port ${port} (${code}); see --host and --port`,
      { cause: error },
    );
  return error;
}
