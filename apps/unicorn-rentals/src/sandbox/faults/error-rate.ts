import { HttpProblem } from '../../http/service.js';
import { type FaultKind, integerParams } from './kind.js';

/** `percent` of the answers are 500. */
export const errorRate: FaultKind = {
  kind: 'error-rate',
  strikes: 'service',
  begin(params, { random }) {
    const { percent } = integerParams('error-rate', params, { percent: [1, 100] });
    return {
      async intercept(_request, next) {
        if (random.below(100) < percent)
          throw new HttpProblem(500, 'internal_error', 'something failed on our side');
        return next();
      },
    };
  },
};
