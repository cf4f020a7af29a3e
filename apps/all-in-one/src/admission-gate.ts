import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { problem } from '#contracts';

export interface AdmissionGate {
  /** From now on every request is admitted. */
  open(): void;
}

/**
 * Until it is opened, only reads are admitted: every other request, results included, gets a 503 that asks for a retry in a
 * second. Call it before the application listens.
 */
export function installAdmissionGate(app: NestFastifyApplication): AdmissionGate {
  let isOpen = false;
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      if (isOpen || request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS')
        return done();
      void reply
        .code(503)
        .headers({ 'content-type': 'application/problem+json; charset=utf-8', 'retry-after': '1' })
        .send(
          JSON.stringify(problem('unavailable', 'The game is being set up; send this again in a second.')),
        );
    });
  return { open: () => (isOpen = true) };
}
