import { ConnectionCut } from '../../http/service.js';
import { type FaultKind, integerParams } from './kind.js';

/** The process is stuck: it accepts requests and never answers. When the fault ends, hanging connections are cut. */
export const hang: FaultKind = {
  kind: 'hang',
  strikes: 'service',
  begin(params, { ended }) {
    integerParams('hang', params, {});
    return {
      intercept: () =>
        new Promise((_resolve, reject) => {
          const cut = (): void => reject(new ConnectionCut());
          if (ended.aborted) cut();
          else ended.addEventListener('abort', cut, { once: true });
        }),
    };
  },
};
