/** Starts the router alone: `PORT=… CATALOG_URL=… PRICING_URL=… BOOKING_URL=… node …/router.js`; see README.md. */
import { integerFrom, originFrom, runService } from './http/run.js';
import { createRouter } from './services/router.js';

runService('router', (env) =>
  createRouter({
    catalogUrl: originFrom(env, 'CATALOG_URL'),
    pricingUrl: originFrom(env, 'PRICING_URL'),
    bookingUrl: originFrom(env, 'BOOKING_URL'),
    backendTimeoutMs: integerFrom(env, 'BACKEND_TIMEOUT_MS', 1, 60_000, 2_000),
  }),
);
