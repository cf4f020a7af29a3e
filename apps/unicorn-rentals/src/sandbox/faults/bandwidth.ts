import { type FaultKind, integerParams } from './kind.js';

/** All answers of the service share `bytesPerSecond`. */
export const bandwidth: FaultKind = {
  kind: 'bandwidth',
  strikes: 'network',
  begin(params) {
    const { bytesPerSecond } = integerParams('bandwidth', params, { bytesPerSecond: [1, 100_000_000] });
    return { network: { bytesPerSecond } };
  },
};
