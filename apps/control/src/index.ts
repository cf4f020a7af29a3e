export * from './control.module.js';
export * from './game-loop.js';
export * from './game-service.js';
export { CONTROL_OPTIONS, LATENCY_PERCENTILES } from './options.js';
export type { ControlOptions, LatencyPercentiles } from './options.js';
export { controlService } from './service.js';
