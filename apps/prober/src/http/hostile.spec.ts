import { AllowedRange, systemClock } from '#runtime';
import type { RenderedRequest } from '#scenario';
import { HOSTILE_ROWS, MAX_BODY_BYTES } from '../../../../test/support/hostile/index.js';
import { systemNames } from '../dns/index.js';
import { verdictOf, type Verdict } from '../service-client/service-client.js';
import { endpointParts } from '../testing/endpoint-parts.js';
import { AddressGuard } from './address-guard.js';
import { Endpoint } from './endpoint.js';

const guard = new AddressGuard({ allow: [AllowedRange.parse('127.0.0.0/8')], deniedOrigins: [] });
const names = systemNames({ servers: [], ingestUrl: 'http://127.0.0.1' }, systemClock).of('team');
const LIMITS = { maxInFlight: 8, maxQueued: 8, maxBodyBytes: MAX_BODY_BYTES, maxHeldBytes: 1_000_000 };
const REQUEST: RenderedRequest = {
  method: 'GET',
  path: '/',
  headers: {},
  expect: { status: 200, json: { ok: true } },
};

// `npm run bench -- isolation` measures the pay of teams beside each of them; here each ends as allowed and leaves nothing behind.
describe.each(HOSTILE_ROWS.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  it(`ends as ${row.outcomes.join(' or ')}: ${row.does}`, async () => {
    const server = await row.listen();
    const endpoint = new Endpoint(server.url, LIMITS, endpointParts(guard, names));
    const timers: NodeJS.Timeout[] = [];
    try {
      for (let n = 0; n < 2; n++) {
        const { outcome, got } = await new Promise<Verdict>((resolve) => {
          const exchange = endpoint.send(REQUEST, (result) => resolve(verdictOf(REQUEST, result)));
          timers.push(setTimeout(() => exchange.timeOut('no answer within 400 ms'), 400));
        });
        expect({ outcome, got, mayBe: row.outcomes.includes(outcome) }).toEqual({
          outcome,
          got,
          mayBe: true,
        });
      }
      expect([endpoint.inFlight, endpoint.queued, endpoint.heldBytes]).toEqual([0, 0, 0]);
    } finally {
      timers.forEach(clearTimeout);
      endpoint.destroy();
      server.close();
    }
  });
});
