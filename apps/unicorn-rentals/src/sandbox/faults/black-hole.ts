import { type FaultKind, integerParams } from './kind.js';

/** Connections are had, and nothing passes. When it is over, what was held goes on. */
export const blackHole: FaultKind = {
  kind: 'black-hole',
  strikes: 'network',
  begin(params) {
    integerParams('black-hole', params, {});
    return { network: { isBlackHole: true } };
  },
};
