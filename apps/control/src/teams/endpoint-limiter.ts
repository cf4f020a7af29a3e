import { Inject, Injectable } from '@nestjs/common';
import { PaydayError, TokenBucket, type Clock } from '#kernel';
import { CLOCK } from '#runtime';

/** How many changes of one service's endpoint a team may make at once. */
export const ENDPOINT_BURST = 5;
/** Seconds until one more change is allowed. */
export const SECONDS_PER_CHANGE = 2;
/** Services that are remembered, over all games; the oldest is evicted first. */
const MAX_REMEMBERED = 50_000;

/**
 * Limits how often teams change the endpoint of a service: every change costs a DNS lookup and requests in flight. Each process
 * of control counts separately.
 */
@Injectable()
export class EndpointLimiter {
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Counts one change. @throws PaydayError `too_many_requests`, with `details.retryAfterSeconds` */
  takeToken(gameId: string, teamId: string, serviceId: string): void {
    const key = JSON.stringify([gameId, teamId, serviceId]);
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      if (this.buckets.size >= MAX_REMEMBERED) this.buckets.delete(this.buckets.keys().next().value!);
      bucket = new TokenBucket(ENDPOINT_BURST, 1 / SECONDS_PER_CHANGE);
      this.buckets.set(key, bucket);
    }
    if (bucket.takeToken(this.clock.monotonicMs())) return;
    throw new PaydayError(
      'too_many_requests',
      `The endpoint of "${serviceId}" was changed too often: ${ENDPOINT_BURST} changes at once, then one every ` +
        `${SECONDS_PER_CHANGE} seconds. Try again in ${SECONDS_PER_CHANGE} seconds.`,
      { retryable: true, details: { retryAfterSeconds: SECONDS_PER_CHANGE } },
    );
  }
}
