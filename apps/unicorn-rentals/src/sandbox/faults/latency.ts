import { type FaultKind, integerParams } from './kind.js';

/** Every answer is delivered `delayMs` later. When the fault ends, bytes in transit are delivered at once. */
export const latency: FaultKind = {
  kind: 'latency',
  strikes: 'network',
  begin(params) {
    const { delayMs } = integerParams('latency', params, { delayMs: [1, 60_000] });
    return { network: { drawDelayMs: () => delayMs } };
  },
};
