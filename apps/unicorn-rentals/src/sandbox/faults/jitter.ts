import { type FaultKind, integerParams } from './kind.js';

/** Each piece of an answer is delayed by a random time of 0 to `maxMs`; the pieces of one answer stay in order. */
export const jitter: FaultKind = {
  kind: 'jitter',
  strikes: 'network',
  begin(params, { random }) {
    const { maxMs } = integerParams('jitter', params, { maxMs: [1, 60_000] });
    return { network: { drawDelayMs: () => random.between(0, maxMs) } };
  },
};
