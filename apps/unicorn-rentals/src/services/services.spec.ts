import { call, type CallResult } from '../http/client.js';
import { priceCents, UNICORNS } from '../inventory.js';
import { deadUrl, serve, type Served, serveTcp } from '../testing/serve.js';
import { createBooking } from './booking.js';
import { createCatalog } from './catalog.js';
import { createPricing } from './pricing.js';
import { createRouter } from './router.js';

const open: Served[] = [];
async function started(served: Promise<Served>): Promise<string> {
  open.push(await served);
  return open.at(-1)!.url;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()));
});

const get = (url: string): Promise<CallResult> => call({ url, timeoutMs: 5_000 });
const post = (url: string, body: unknown, key?: string): Promise<CallResult> =>
  call({
    url,
    method: 'POST',
    body,
    timeoutMs: 5_000,
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });
const code = ({ status, json }: CallResult): unknown => [status, (json as { code: string }).code];

describe('catalog', () => {
  it('lists, narrows and finds unicorns', async () => {
    const url = await started(serve(createCatalog()));
    expect((await get(`${url}/unicorns`)).json).toEqual({ unicorns: UNICORNS });
    expect((await get(`${url}/unicorns?colour=blue`)).json).toEqual({ unicorns: [UNICORNS[1]] });
    expect((await get(`${url}/unicorns?minSeats=4`)).json).toMatchObject({ unicorns: [{ id: 'old-gold' }] });
    expect(await get(`${url}/unicorns/sparkle`)).toMatchObject({
      status: 200,
      json: { id: 'sparkle', name: 'Sparkle', colour: 'silver', hornCm: 42, seats: 1 },
    });
    expect((await get(`${url}/healthz`)).json).toEqual({ status: 'ok', service: 'catalog' });
  });

  it('answers what it cannot do with problem+json', async () => {
    const url = await started(serve(createCatalog()));
    const missing = await get(`${url}/unicorns/pegasus`);
    expect(missing.headers['content-type']).toBe('application/problem+json');
    expect(code(missing)).toEqual([404, 'unknown_unicorn']);
    expect(code(await get(`${url}/horses`))).toEqual([404, 'not_found']);
    expect(code(await get(`${url}/unicorns/%E0%A4%A`))).toEqual([400, 'invalid_path']);
    expect(code(await get(`${url}/unicorns?minSeats=-1`))).toEqual([400, 'invalid_min_seats']);
    const wrongMethod = await call({ url: `${url}/unicorns`, method: 'DELETE', timeoutMs: 5_000 });
    expect(code(wrongMethod)).toEqual([405, 'method_not_allowed']);
    expect(wrongMethod.headers['allow']).toBe('GET');
  });
});

describe('pricing', () => {
  it('quotes whole cents, with a discount from 7 and from 14 days', async () => {
    const url = await started(serve(createPricing()));
    expect((await get(`${url}/quotes/sparkle?days=3`)).json).toEqual({
      unicornId: 'sparkle',
      days: 3,
      totalCents: 38_700,
    });
    expect(priceCents('ruby', 6)).toBe(98_994);
    expect(priceCents('ruby', 7)).toBe(103_943);
    expect(priceCents('clover', 13)).toBe(116_988);
    expect(priceCents('clover', 14)).toBe(111_988);
  });

  it.each(['', '?days=', '?days=0', '?days=31', '?days=1.5', '?days=-1', '?days=3&days=4', '?days=1e1'])(
    'refuses "%s"',
    async (query) => {
      const url = await started(serve(createPricing()));
      expect(code(await get(`${url}/quotes/sparkle${query}`))).toEqual([400, 'invalid_days']);
    },
  );
});

describe('booking', () => {
  it('books and shows a booking', async () => {
    const url = await started(serve(createBooking()));
    const booked = await post(`${url}/bookings`, { unicornId: 'sparkle', days: 3 });
    expect(booked).toMatchObject({
      status: 201,
      json: { unicornId: 'sparkle', days: 3, totalCents: 38_700 },
    });
    const { bookingId } = booked.json as { bookingId: string };
    expect(booked.headers['location']).toBe(`/bookings/${bookingId}`);
    expect((await get(`${url}/bookings/${bookingId}`)).json).toEqual(booked.json);
    expect(code(await get(`${url}/bookings/b-none`))).toEqual([404, 'unknown_booking']);
  });

  it('answers a repeated key with the same booking, and refuses it for another', async () => {
    const url = await started(serve(createBooking()));
    const first = await post(`${url}/bookings`, { unicornId: 'ruby', days: 2 }, 'key-1');
    const again = await post(`${url}/bookings`, { unicornId: 'ruby', days: 2 }, 'key-1');
    expect(again).toMatchObject({ status: 201, json: first.json });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.headers['location']).toBe(first.headers['location']);
    const other = await post(`${url}/bookings`, { unicornId: 'ruby', days: 3 }, 'key-1');
    expect(code(other)).toEqual([422, 'idempotency_key_reused']);
    const keyless = await post(`${url}/bookings`, { unicornId: 'ruby', days: 2 });
    expect(keyless.json).not.toEqual(first.json);
  });

  it('forgets the oldest bookings with their keys', async () => {
    const url = await started(serve(createBooking(2)));
    const ids: string[] = [];
    for (const key of ['a', 'b', 'c']) {
      const { json } = await post(`${url}/bookings`, { unicornId: 'ruby', days: 1 }, key);
      ids.push((json as { bookingId: string }).bookingId);
    }
    const found = await Promise.all(ids.map(async (id) => (await get(`${url}/bookings/${id}`)).status));
    expect(found).toEqual([404, 200, 200]);
    // The key went with its booking: another body is fine.
    expect((await post(`${url}/bookings`, { unicornId: 'nimbus', days: 1 }, 'a')).status).toBe(201);
  });

  it.each([
    [{ unicornId: 'sparkle' }, 400, 'invalid_days'],
    [{ unicornId: 'sparkle', days: '3' }, 400, 'invalid_days'],
    [{ days: 3 }, 400, 'invalid_body'],
    [{ unicornId: 'sparkle', days: 3, price: 1 }, 400, 'invalid_body'],
    [['sparkle', 3], 400, 'invalid_body'],
    [{ unicornId: 'pegasus', days: 3 }, 404, 'unknown_unicorn'],
    [{ unicornId: 'x'.repeat(9_000), days: 3 }, 413, 'payload_too_large'],
  ])('refuses %j', async (body, status, expected) => {
    const url = await started(serve(createBooking()));
    expect(code(await post(`${url}/bookings`, body))).toEqual([status, expected]);
  });

  it('refuses a bad key, broken JSON, other content types and an endless body', async () => {
    const url = `${await started(serve(createBooking()))}/bookings`;
    const send = (headers: Record<string, string>, body: string | ReadableStream | null): Promise<number> =>
      fetch(url, { method: 'POST', headers, body, duplex: 'half' } as RequestInit).then(
        (answer) => answer.status,
      );
    expect(code(await post(url, { unicornId: 'ruby', days: 1 }, 'two words'))).toEqual([
      400,
      'invalid_idempotency_key',
    ]);
    expect(await send({ 'content-type': 'application/json' }, '{"unicornId":')).toBe(400);
    expect(await send({ 'content-type': 'text/plain' }, '{}')).toBe(415);
    expect(await send({ 'content-type': 'application/json' }, null)).toBe(400);
    const endless = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1024)) });
    expect(await send({ 'content-type': 'application/json' }, endless)).toBe(413);
  });
});

describe('router', () => {
  async function company(
    backends: Partial<Record<'catalog' | 'pricing' | 'booking', string>> = {},
  ): Promise<string> {
    return started(
      serve(
        createRouter({
          catalogUrl: backends.catalog ?? (await started(serve(createCatalog()))),
          pricingUrl: backends.pricing ?? (await started(serve(createPricing()))),
          bookingUrl: backends.booking ?? (await started(serve(createBooking()))),
          backendTimeoutMs: 200,
        }),
      ),
    );
  }

  it('joins catalog and pricing, and books', async () => {
    const url = await company();
    expect((await get(`${url}/rentals/old-gold?days=14`)).json).toEqual({
      unicornId: 'old-gold',
      name: 'Old Gold',
      colour: 'gold',
      days: 14,
      totalCents: 558_880,
    });
    const booked = await post(`${url}/rentals`, { unicornId: 'sparkle', days: 3 }, 'r-1');
    expect(booked).toMatchObject({
      status: 201,
      json: { unicornId: 'sparkle', days: 3, totalCents: 38_700 },
    });
    const again = await post(`${url}/rentals`, { unicornId: 'sparkle', days: 3 }, 'r-1');
    expect([again.json, again.headers['idempotency-replayed']]).toEqual([booked.json, 'true']);
    expect((await get(`${url}${booked.headers['location']}`)).json).toEqual(booked.json);
  });

  it('passes refusals on', async () => {
    const url = await company();
    expect(code(await get(`${url}/rentals/pegasus?days=3`))).toEqual([404, 'unknown_unicorn']);
    expect(code(await get(`${url}/rentals/..%2F..%2Fhealthz?days=3`))).toEqual([404, 'unknown_unicorn']);
    expect(code(await get(`${url}/rentals/sparkle?days=99`))).toEqual([400, 'invalid_days']);
    await post(`${url}/rentals`, { unicornId: 'sparkle', days: 3 }, 'r-2');
    expect(code(await post(`${url}/rentals`, { unicornId: 'sparkle', days: 4 }, 'r-2'))).toEqual([
      422,
      'idempotency_key_reused',
    ]);
  });

  it.each([
    ['dead', () => deadUrl()],
    ['hanging', () => started(serveTcp())],
    ['no HTTP', () => started(serveTcp('hello\r\n\r\n'))],
    ['rubbish', () => started(serve(async () => ({ status: 200, body: { id: 7 } })))],
    ['failing', () => started(serve(async () => ({ status: 500, body: {} })))],
    ['endless', () => started(serve(async () => ({ status: 200, body: 'x'.repeat(100_000) })))],
    ['cut short', () => started(serveTcp('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{'))],
  ])('answers 502 in bounded time when a service is %s', async (_name, broken) => {
    const url = await company({ pricing: await broken() });
    const before = performance.now();
    const answer = await get(`${url}/rentals/sparkle?days=3`);
    expect(answer).toMatchObject({ status: 502, json: { code: 'backend_failed', backend: 'pricing' } });
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
