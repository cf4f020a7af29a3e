import { HttpProblem } from '../../http/service.js';
import { type FaultKind, integerParams } from './kind.js';

/** What each service answers once its configuration is gone. */
const WITHOUT_CONFIG: Readonly<Record<string, () => HttpProblem>> = {
  // Its list of unicorns is empty.
  catalog: () => new HttpProblem(404, 'unknown_unicorn', 'there is no such unicorn'),
  pricing: () => new HttpProblem(500, 'not_configured', 'the price list is missing'),
  booking: () => new HttpProblem(500, 'not_configured', 'the price list is missing'),
  router: () =>
    new HttpProblem(502, 'backend_failed', 'catalog failed: its address is not configured', {
      extra: { backend: 'catalog' },
    }),
};

/**
 * The configuration disappeared: the service runs and `/healthz` stays green, but it has lost the addresses of the
 * other services and its data. A clean version restores it.
 */
export const configVanishes: FaultKind = {
  kind: 'config-vanishes',
  strikes: 'service',
  begin(params, { serviceId }) {
    integerParams('config-vanishes', params, {});
    const problem = WITHOUT_CONFIG[serviceId] ?? WITHOUT_CONFIG['pricing']!;
    return {
      async intercept(request, next) {
        if (request.segments[0] === 'healthz') return next();
        throw problem();
      },
    };
  },
};
