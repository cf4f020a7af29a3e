import { randomUUID } from 'node:crypto';
import { type Answer, type Handler, healthRoute, HttpProblem, ok, routes, shown } from '../http/service.js';
import { priceCents } from '../inventory.js';
import { bookingRequest, type BookingRequest, idempotencyKey, unknownUnicorn } from './input.js';

export interface Booking extends BookingRequest {
  bookingId: string;
  totalCents: number;
}

/** Default number of bookings kept. */
const MAX_BOOKINGS = 10_000;

/**
 * Booking: `POST /bookings`, `GET /bookings/:id`. State is in memory: the newest `maxBookings` bookings, each with
 * the idempotency key that made it; older ones are forgotten, and so are their keys.
 */
export function createBooking(maxBookings = MAX_BOOKINGS): Handler {
  // Maps keep insertion order, so the first entry is the oldest.
  const bookings = new Map<string, Booking & { key: string | undefined }>();
  const bookingIdOfKey = new Map<string, string>();

  return routes([
    healthRoute('booking'),
    {
      method: 'POST',
      path: '/bookings',
      handle: (request) => {
        const key = idempotencyKey(request.headers);
        const wanted = bookingRequest(request.body);
        const earlier = key === undefined ? undefined : bookings.get(bookingIdOfKey.get(key) ?? '');
        if (earlier !== undefined) return replay(earlier, wanted);
        return created(book(wanted, key));
      },
    },
    {
      method: 'GET',
      path: '/bookings/:id',
      handle: (_request, id = '') => {
        const booking = bookings.get(id);
        if (booking === undefined)
          throw new HttpProblem(404, 'unknown_booking', `there is no booking "${shown(id)}"`);
        return ok(publicPart(booking));
      },
    },
  ]);

  function book(wanted: BookingRequest, key: string | undefined): Booking {
    const totalCents = priceCents(wanted.unicornId, wanted.days);
    if (totalCents === undefined) throw unknownUnicorn(wanted.unicornId);
    const booking = { bookingId: `b-${randomUUID()}`, ...wanted, totalCents, key };
    bookings.set(booking.bookingId, booking);
    if (key !== undefined) bookingIdOfKey.set(key, booking.bookingId);
    for (const [id, oldest] of bookings) {
      if (bookings.size <= maxBookings) break;
      bookings.delete(id);
      if (oldest.key !== undefined) bookingIdOfKey.delete(oldest.key);
    }
    return booking;
  }
}

function replay(earlier: Booking, wanted: BookingRequest): Answer {
  if (earlier.unicornId !== wanted.unicornId || earlier.days !== wanted.days) {
    throw new HttpProblem(
      422,
      'idempotency_key_reused',
      'this Idempotency-Key came before with another body; use a new key for a new booking',
    );
  }
  const answer = created(earlier);
  return { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } };
}

function created(booking: Booking): Answer {
  return {
    status: 201,
    headers: { location: `/bookings/${booking.bookingId}` },
    body: publicPart(booking),
  };
}

function publicPart({ bookingId, unicornId, days, totalCents }: Booking): Booking {
  return { bookingId, unicornId, days, totalCents };
}
