import { AllowedRange, systemClock } from '#runtime';
import type { RenderedRequest } from '#scenario';
import { HTTP_ZOO } from '../../../../test/support/http-zoo/index.js';
import { systemNames } from '../dns/index.js';
import { verdictOf, type Verdict } from '../service-client/service-client.js';
import { endpointParts } from '../testing/endpoint-parts.js';
import { AddressGuard } from './address-guard.js';
import { Endpoint } from './endpoint.js';

const guard = new AddressGuard({
  allow: ['127.0.0.0/8', '::1/128'].map((range) => AllowedRange.parse(range)),
  deniedOrigins: [],
});
const names = systemNames({ servers: [], ingestUrl: 'http://127.0.0.1' }, systemClock).of('team');
const LIMITS = { maxInFlight: 4, maxQueued: 4, maxBodyBytes: 65_536, maxHeldBytes: 1_000_000 };
/** Enough to reuse a connection and meet what happens to it in between. */
const REQUESTS = 3;

describe.each(HTTP_ZOO.map((specimen) => [specimen.name, specimen] as const))('%s', (_name, specimen) => {
  const { does, method = 'GET', status = 200, refused, listen } = specimen;

  it(`${refused === null ? 'is taken' : `is ${refused}`}: ${does}`, async () => {
    const bare = method === 'HEAD' || status !== 200;
    const request: RenderedRequest = {
      method,
      path: '/',
      headers: {},
      expect: bare ? { status } : { status, json: { ok: true, n: 7 } },
    };
    const server = await listen();
    const endpoint = new Endpoint(server.url, LIMITS, endpointParts(guard, names));
    const timers: NodeJS.Timeout[] = [];
    try {
      for (let n = 0; n < REQUESTS; n++) {
        const verdict = await new Promise<Verdict>((resolve) => {
          const exchange = endpoint.send(request, (result) => resolve(verdictOf(request, result)));
          timers.push(setTimeout(() => exchange.timeOut('no answer'), 5_000));
        });
        const { outcome, got } = verdict;
        expect({ outcome, got }).toEqual({
          outcome: refused ?? 'ok',
          got: refused === null ? '' : expect.stringMatching(/./),
        });
      }
    } finally {
      timers.forEach(clearTimeout);
      endpoint.destroy();
      server.close();
    }
  });
});
