import { createServer } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PaydayError } from '#kernel';

/** Finds out before anything is started. @throws PaydayError `port_taken`, `address_unusable` */
export async function assertPortFree(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, host, port)));
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

/** @throws PaydayError as `assertPortFree`: somebody may have taken the port since */
export async function listen(app: NestFastifyApplication, host: string, port: number): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    throw explain(error, host, port);
  }
}

function explain(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new PaydayError('port_taken', `port ${port} on ${host} is taken; choose another with --port`, {
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new PaydayError(
      'address_unusable',
      `cannot listen on ${host} port ${port} (${code}); see --host and --port`,
      {
        cause: error,
      },
    );
  }
  return error;
}
