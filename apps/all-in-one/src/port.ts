import { createServer } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { listenError } from '#runtime';

/** Finds out before anything is started. @throws PaydayError `port_taken`, `address_unusable` */
export async function assertPortFree(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, { host, port })));
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

/** @throws PaydayError as `assertPortFree`: somebody may have taken the port since */
export async function listen(app: NestFastifyApplication, host: string, port: number): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    throw listenError(error, { host, port });
  }
}
