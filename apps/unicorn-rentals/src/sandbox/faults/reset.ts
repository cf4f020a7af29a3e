import { type FaultKind, integerParams } from './kind.js';

/** `percent` of the requests have their connection reset when they come, on new connections and on those kept open. */
export const reset: FaultKind = {
  kind: 'reset',
  strikes: 'network',
  begin(params, { random }) {
    const { percent } = integerParams('reset', params, { percent: [1, 100] });
    return { network: { drawReset: () => random.below(100) < percent } };
  },
};
