import { call, type CallResult, keepAliveAgent } from '../http/client.js';
import { type Answer, type Handler, healthRoute, HttpProblem, ok, routes } from '../http/service.js';
import { bookingRequest, daysFromQuery, idempotencyKey } from './input.js';

export interface RouterOptions {
  /** Origins, e.g. `http://127.0.0.1:8082`. */
  catalogUrl: string;
  pricingUrl: string;
  bookingUrl: string;
  /** For one call to another service. */
  backendTimeoutMs: number;
}

type Backend = 'catalog' | 'pricing' | 'booking';

/**
 * The entry service: `GET /rentals/:unicornId?days=3` joins catalog and pricing; `POST /rentals` and
 * `GET /rentals/bookings/:id` go through booking. Any error of a service behind it becomes 502 `backend_failed`.
 */
export function createRouter(options: RouterOptions): Handler {
  const agent = keepAliveAgent();
  const origins: Record<Backend, string> = {
    catalog: options.catalogUrl,
    pricing: options.pricingUrl,
    booking: options.bookingUrl,
  };

  return routes([
    healthRoute('router'),
    {
      method: 'GET',
      path: '/rentals/:unicornId',
      handle: async ({ query }, unicornId = '') => {
        const days = daysFromQuery(query);
        const id = encodeURIComponent(unicornId);
        const [unicorn, quote] = await Promise.all([
          ask('catalog', 'GET', `/unicorns/${id}`, 200, { id: 'string', name: 'string', colour: 'string' }),
          ask('pricing', 'GET', `/quotes/${id}?days=${days}`, 200, { days: 'number', totalCents: 'number' }),
        ]);
        return ok({
          unicornId: unicorn.body['id'],
          name: unicorn.body['name'],
          colour: unicorn.body['colour'],
          days: quote.body['days'],
          totalCents: quote.body['totalCents'],
        });
      },
    },
    {
      method: 'POST',
      path: '/rentals',
      handle: async ({ body, headers }) => {
        const wanted = bookingRequest(body);
        const key = idempotencyKey(headers);
        const sent: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
        return booked(await ask('booking', 'POST', '/bookings', 201, BOOKING, sent, wanted));
      },
    },
    {
      method: 'GET',
      path: '/rentals/bookings/:id',
      handle: async (_request, id = '') =>
        ok((await ask('booking', 'GET', `/bookings/${encodeURIComponent(id)}`, 200, BOOKING)).body),
    },
  ]);

  /** Calls another service. Its refusals (4xx) are passed on; anything else without `status` and `shape` becomes 502. */
  async function ask(
    backend: Backend,
    method: string,
    path: string,
    status: number,
    shape: Shape,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<{ body: Record<string, unknown>; replayed: boolean }> {
    let result: CallResult;
    try {
      result = await call({
        method,
        url: `${origins[backend]}${path}`,
        headers,
        body,
        timeoutMs: options.backendTimeoutMs,
        agent,
      });
    } catch (error) {
      throw failed(backend, error instanceof Error ? error.message : String(error));
    }
    const { json } = result;
    if (REFUSALS.has(result.status) && isObject(json) && typeof json['code'] === 'string')
      throw new HttpProblem(result.status, json['code'], String(json['detail'] ?? ''));
    if (result.status !== status) throw failed(backend, `it answered with status ${result.status}`);
    if (!isObject(json) || Object.entries(shape).some(([name, type]) => typeof json[name] !== type))
      throw failed(backend, 'its answer does not have the expected form');
    return { body: json, replayed: result.headers['idempotency-replayed'] === 'true' };
  }
}

type Shape = Record<string, 'string' | 'number'>;
const BOOKING: Shape = { bookingId: 'string', unicornId: 'string', days: 'number', totalCents: 'number' };
/** Refusals that the customer's own request can cause. */
const REFUSALS = new Set([400, 404, 422]);

function booked({ body, replayed }: { body: Record<string, unknown>; replayed: boolean }): Answer {
  return {
    status: 201,
    body,
    headers: {
      location: `/rentals/bookings/${encodeURIComponent(String(body['bookingId']))}`,
      ...(replayed ? { 'idempotency-replayed': 'true' } : {}),
    },
  };
}

function failed(backend: Backend, why: string): HttpProblem {
  return new HttpProblem(502, 'backend_failed', `${backend} failed: ${why}`, { extra: { backend } });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
