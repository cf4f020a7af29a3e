import type { Random } from '#kernel';
import type { CallOptions, CallResult } from '../http/client.js';
import { MAX_DAYS, priceCents, UNICORNS } from '../inventory.js';

/** One request to a service, and whether its answer is right. */
export interface Look {
  request: Pick<CallOptions, 'method' | 'url' | 'headers' | 'body'>;
  isRight(answer: CallResult): boolean;
}

/** A random customer request to one of the team's services, with the right answer. */
export function lookAt(serviceId: string, origin: string, random: Random): Look {
  const unicorn = random.pick(UNICORNS);
  const { id: unicornId, name } = unicorn;
  const days = random.between(1, MAX_DAYS);
  const totalCents = priceCents(unicornId, days);
  switch (serviceId) {
    case 'catalog':
      return get(`${origin}/unicorns/${unicornId}`, { ...unicorn });
    case 'pricing':
      return get(`${origin}/quotes/${unicornId}?days=${days}`, { unicornId, days, totalCents });
    case 'router':
      return get(`${origin}/rentals/${unicornId}?days=${days}`, { unicornId, name, days, totalCents });
    default:
      return {
        request: {
          method: 'POST',
          url: `${origin}/bookings`,
          headers: { 'idempotency-key': `look-${random.uint32()}-${random.uint32()}` },
          body: { unicornId, days },
        },
        isRight: ({ status, json }) => status === 201 && holds(json, { unicornId, days, totalCents }),
      };
  }
}

function get(url: string, expected: Record<string, unknown>): Look {
  return { request: { url }, isRight: ({ status, json }) => status === 200 && holds(json, expected) };
}

function holds(json: unknown, expected: Record<string, unknown>): boolean {
  if (typeof json !== 'object' || json === null) return false;
  return Object.entries(expected).every(([name, value]) => (json as Record<string, unknown>)[name] === value);
}
