import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export interface InFlight {
  /** From now on answers ask their clients to open a new connection: elsewhere, if there is a balancer. */
  turnAway(): void;
  /** Resolves when no request is being answered, or when time is up. */
  drained(withinMs: number): Promise<void>;
}

/** Counts the requests that are being answered, but for event streams: those never end by themselves. */
export function trackInFlight(app: NestFastifyApplication): InFlight {
  let count = 0;
  let leaving = false;
  let whenNone = (): void => {};
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.headers.accept?.includes('text/event-stream')) {
      count += 1;
      // Runs even when the client goes away before it got its answer.
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
