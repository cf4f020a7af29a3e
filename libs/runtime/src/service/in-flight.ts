import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export interface InFlight {
  /** Makes every response close its connection, so that a load balancer routes the next request elsewhere. */
  turnAway(): void;
  /** Resolves when no request is in flight, or after `withinMs`. */
  drained(withinMs: number): Promise<void>;
}

/** Counts the requests in flight, except event streams, which never end by themselves. */
export function trackInFlight(app: NestFastifyApplication): InFlight {
  let count = 0;
  let leaving = false;
  let whenNone = (): void => {};
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.headers.accept?.includes('text/event-stream')) {
      count += 1;
      // Runs even if the client disconnects before the response.
      reply.raw.once('close', () => {
        count -= 1;
        if (count === 0) whenNone();
      });
    }
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (leaving) void reply.header('connection', 'close');
    done(null, payload);
  });
  return {
    turnAway: () => (leaving = true),
    drained: (withinMs) =>
      new Promise((resolve) => {
        if (count === 0) return resolve();
        const timer = setTimeout(resolve, withinMs);
        whenNone = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}
