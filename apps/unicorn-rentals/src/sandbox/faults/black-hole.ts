import { type FaultKind, integerParams } from './kind.js';

/** Connections are accepted, but nothing passes. When the fault ends, held bytes are delivered. */
export const blackHole: FaultKind = {
  kind: 'black-hole',
  strikes: 'network',
  begin(params) {
    integerParams('black-hole', params, {});
    return { network: { isBlackHole: true } };
  },
};
