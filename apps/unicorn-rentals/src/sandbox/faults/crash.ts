import { type FaultKind, integerParams } from './kind.js';

/** The process has died: connections are cut, new ones refused. */
export const crash: FaultKind = {
  kind: 'crash',
  strikes: 'service',
  begin(params) {
    integerParams('crash', params, {});
    return { refusesConnections: true };
  },
};
