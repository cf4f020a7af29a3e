import { type FaultKind, integerParams } from './kind.js';

/** `percent` of the requests have their connection reset on arrival, on new and on kept-alive connections. */
export const reset: FaultKind = {
  kind: 'reset',
  strikes: 'network',
  begin(params, { random }) {
    const { percent } = integerParams('reset', params, { percent: [1, 100] });
    return { network: { drawReset: () => random.below(100) < percent } };
  },
};
