import { type FaultKind, integerParams } from './kind.js';

/** Every answer comes `delayMs` later. When it is over, what was being delayed goes on at once. */
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
