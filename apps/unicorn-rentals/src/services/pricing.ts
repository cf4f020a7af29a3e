import { type Handler, healthRoute, ok, routes } from '../http/service.js';
import { priceCents } from '../inventory.js';
import { daysFromQuery, unknownUnicorn } from './input.js';

/** Pricing: `GET /quotes/:unicornId?days=3`. */
export function createPricing(): Handler {
  return routes([
    healthRoute('pricing'),
    {
      method: 'GET',
      path: '/quotes/:unicornId',
      handle: ({ query }, unicornId = '') => {
        const days = daysFromQuery(query);
        const totalCents = priceCents(unicornId, days);
        if (totalCents === undefined) throw unknownUnicorn(unicornId);
        return ok({ unicornId, days, totalCents });
      },
    },
  ]);
}
