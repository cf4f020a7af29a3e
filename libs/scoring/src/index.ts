export { createState, missingWindows, openWindows, restore, restoreWindow, snapshot, step } from './core.js';
export type { ScoringState } from './state.js';
export { LatencyHistogram, decodeHistogram, encodeHistogram } from './histogram.js';
export { CompiledPay, type ScoringRules } from './pay.js';
export { latencyPercentiles } from './percentiles.js';
export { AcceptedBatches, LedgerReplay, type ReplayCounters, type ReplayOptions } from './replay.js';
export { countsUnscored } from './state-codec.js';
export type * from './types.js';
