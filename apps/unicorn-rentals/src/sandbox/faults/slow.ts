import { type FaultKind, integerParams } from './kind.js';

/** Every answer is delayed by `delayMs`. When the fault ends, delayed answers are sent at once. */
export const slow: FaultKind = {
  kind: 'slow',
  strikes: 'service',
  begin(params, { timers, ended }) {
    const { delayMs } = integerParams('slow', params, { delayMs: [1, 60_000] });
    return {
      async intercept(_request, next) {
        await timers.sleep(delayMs, ended);
        return next();
      },
    };
  },
};
