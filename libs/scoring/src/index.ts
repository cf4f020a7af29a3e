export {
  createState,
  missingWindows,
  openWindows,
  restore,
  restoreWindow,
  snapshot,
  step,
  type ScoringState,
} from './core.js';
export { LatencyHistogram, decodeHistogram, encodeHistogram } from './histogram.js';
export { CompiledPay, type ScoringRules } from './pay.js';
export { rankTeams } from './standings.js';
export type * from './types.js';
