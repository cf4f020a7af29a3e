import type { Random, Time } from '#kernel';
import { ConnectionCut, type Handler, HttpProblem } from '../http/service.js';
import { type Capacity, drawServiceMs } from './performance.js';

export interface GateOptions {
  /** Read for every request, so that a deploy takes effect at once. */
  capacity: () => Capacity;
  random: Random;
  timers: Time;
}

/**
 * Puts a handler behind limited capacity: each request occupies a worker for a while before it is handled; further requests
 * wait in a queue, and when that is full they get 503 `overloaded`. `/healthz` passes.
 */
export function behindGate(handler: Handler, { capacity, random, timers }: GateOptions): Handler {
  let busy = 0;
  const waiting: { isGone: () => boolean; enter: () => void; leave: (reason: Error) => void }[] = [];

  return async (request) => {
    if (request.segments[0] === 'healthz') return handler(request);
    await takeWorker(request.isGone);
    try {
      const ms = drawServiceMs(capacity(), busy, random);
      await new Promise<void>((resolve) => timers.after(ms, resolve));
    } finally {
      busy--;
      admit();
    }
    // After the worker is released: waiting for another service is not this one's work.
    return handler(request);
  };

  async function takeWorker(isGone: () => boolean): Promise<void> {
    const { workers, maxWaiting } = capacity();
    if (busy < workers) {
      busy++;
    } else if (waiting.length < maxWaiting) {
      await new Promise<void>((enter, leave) => waiting.push({ isGone, enter, leave }));
    } else {
      throw new HttpProblem(503, 'overloaded', 'too many requests are waiting', {
        headers: { 'retry-after': '1' },
      });
    }
  }

  function admit(): void {
    while (busy < capacity().workers) {
      const next = waiting.shift();
      if (next === undefined) return;
      // Do not work for a client that has hung up.
      if (next.isGone()) {
        next.leave(new ConnectionCut());
      } else {
        busy++;
        next.enter();
      }
    }
  }
}
